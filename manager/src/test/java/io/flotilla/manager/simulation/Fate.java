package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import java.time.Duration;
import java.util.Optional;

/** What becomes of a service's processes, named by its image so that an update may change it. */
enum Fate {
    /** Runs until it is stopped. */
    HEALTHY,
    /** Ends with an error some time. */
    FLAKY,
    /** Ends with an error at once. */
    BROKEN,
    /** Does its work and ends well. */
    FINISHING;

    record End(Duration after, TaskState as) {}

    String image() {
        return "registry/" + name().toLowerCase(java.util.Locale.ROOT) + ":1";
    }

    static Fate of(TaskSpec spec) {
        ContainerSpec container = spec.containerSpec();
        for (Fate fate : values()) {
            if (container != null && fate.image().equals(container.image())) {
                return fate;
            }
        }
        throw new IllegalArgumentException("no simulated image: " + container);
    }

    Optional<End> endOf(World world) {
        return switch (this) {
            case HEALTHY -> Optional.empty();
            case FLAKY -> Optional.of(new End(world.within(Duration.ofSeconds(30)), TaskState.FAILED));
            case BROKEN -> Optional.of(new End(world.within(Duration.ofMillis(200)), TaskState.FAILED));
            case FINISHING -> Optional.of(new End(world.within(Duration.ofSeconds(5)), TaskState.COMPLETE));
        };
    }
}
