package io.flotilla.agent.container;

import io.flotilla.bus.schema.HealthConfig;
import io.flotilla.bus.schema.HealthConfigBuilder;
import org.jspecify.annotations.Nullable;

/** The health check a container has: what it asks for over what its image does, as dockerd merges and checks them. */
final class HealthRules {
    private static final long LEAST_NANOS = 1_000_000;

    private HealthRules() {}

    /** Null where neither has one. */
    static @Nullable HealthConfig merged(@Nullable HealthConfig wanted, @Nullable HealthConfig image)
            throws PlanRefused {
        if (wanted == null) {
            return image;
        }
        check("Interval", wanted.interval());
        check("Timeout", wanted.timeout());
        check("StartPeriod", wanted.startPeriod());
        check("StartInterval", wanted.startInterval());
        if (wanted.retries() != null && wanted.retries() < 0) {
            throw new PlanRefused("Retries in Healthcheck cannot be negative");
        }
        if (image == null) {
            return wanted;
        }
        return HealthConfigBuilder.builder()
                .test(wanted.test().isEmpty() ? image.test() : wanted.test())
                .interval(set(wanted.interval(), image.interval()))
                .timeout(set(wanted.timeout(), image.timeout()))
                .startPeriod(set(wanted.startPeriod(), image.startPeriod()))
                .startInterval(set(wanted.startInterval(), image.startInterval()))
                .retries(set(wanted.retries(), image.retries()))
                .build();
    }

    private static @Nullable Long set(@Nullable Long wanted, @Nullable Long otherwise) {
        return wanted == null || wanted == 0 ? otherwise : wanted;
    }

    private static void check(String field, @Nullable Long nanos) throws PlanRefused {
        if (nanos != null && nanos != 0 && nanos < LEAST_NANOS) {
            throw new PlanRefused(field + " in Healthcheck cannot be less than 1ms");
        }
    }
}
