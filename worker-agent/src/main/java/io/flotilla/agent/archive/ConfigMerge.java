package io.flotilla.agent.archive;

import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.HealthConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** moby's daemon/commit.go merge: what a configuration leaves out is as in another. Pure. */
final class ConfigMerge {
    private ConfigMerge() {}

    /** @param base gives what {@code over} does not say */
    static ContainerConfig over(ContainerConfig base, ContainerConfig over) {
        ContainerConfig merged = over.withUser(either(over.user(), base.user()))
                .withExposedPorts(union(over.exposedPorts(), base.exposedPorts()))
                .withEnv(environment(over.env(), base.env()))
                .withLabels(union(over.labels(), base.labels()))
                .withHealthcheck(health(over.healthcheck(), base.healthcheck()))
                .withWorkingDir(either(over.workingDir(), base.workingDir()))
                .withVolumes(union(over.volumes(), base.volumes()))
                .withStopSignal(either(over.stopSignal(), base.stopSignal()));
        if (!empty(over.entrypoint())) {
            return merged;
        }
        return merged.withCmd(empty(over.cmd()) ? base.cmd() : over.cmd())
                .withEntrypoint(over.entrypoint() == null ? base.entrypoint() : over.entrypoint());
    }

    private static boolean empty(@Nullable List<String> list) {
        return list == null || list.isEmpty();
    }

    private static @Nullable String either(@Nullable String over, @Nullable String base) {
        return over == null || over.isEmpty() ? base : over;
    }

    private static @Nullable Long either(@Nullable Long over, @Nullable Long base) {
        return over == null || over == 0 ? base : over;
    }

    private static <V> Map<String, V> union(Map<String, V> over, Map<String, V> base) {
        Map<String, V> union = new LinkedHashMap<>(base);
        union.putAll(over);
        return union;
    }

    private static List<String> environment(List<String> over, List<String> base) {
        List<String> environment = new ArrayList<>(over);
        for (String variable : base) {
            String name = variable.split("=", 2)[0];
            if (over.stream().noneMatch(other -> other.split("=", 2)[0].equals(name))) {
                environment.add(variable);
            }
        }
        return environment;
    }

    private static @Nullable HealthConfig health(@Nullable HealthConfig over, @Nullable HealthConfig base) {
        if (over == null || base == null) {
            return over == null ? base : over;
        }
        return over.withTest(over.test().isEmpty() ? base.test() : over.test())
                .withInterval(either(over.interval(), base.interval()))
                .withTimeout(either(over.timeout(), base.timeout()))
                .withStartPeriod(either(over.startPeriod(), base.startPeriod()))
                .withRetries(either(over.retries(), base.retries()));
    }
}
