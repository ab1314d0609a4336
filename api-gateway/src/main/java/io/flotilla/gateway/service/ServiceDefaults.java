package io.flotilla.gateway.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The defaults SwarmKit applies where a spec is silent, for inspect with insertDefaults. */
final class ServiceDefaults {
    private static final long GRACE_NANOS = 10_000_000_000L;
    private static final long DELAY_NANOS = 5_000_000_000L;
    private static final long MONITOR_NANOS = 5_000_000_000L;

    private ServiceDefaults() {}

    /** Completes a rendered service in place. */
    static ObjectNode insert(ObjectNode service) {
        ObjectNode spec = service.withObjectProperty("Spec");
        ObjectNode template = spec.withObjectProperty("TaskTemplate");
        ObjectNode container = template.withObjectProperty("ContainerSpec");
        fill(container, "StopGracePeriod", container.numberNode(GRACE_NANOS));
        fill(container, "DNSConfig", container.objectNode());
        ObjectNode restart = template.withObjectProperty("RestartPolicy");
        fill(restart, "Condition", restart.textNode("any"));
        fill(restart, "Delay", restart.numberNode(DELAY_NANOS));
        fill(restart, "MaxAttempts", restart.numberNode(0));
        updateConfig(spec.withObjectProperty("UpdateConfig"));
        updateConfig(spec.withObjectProperty("RollbackConfig"));
        ObjectNode endpoint = spec.withObjectProperty("EndpointSpec");
        fill(endpoint, "Mode", endpoint.textNode("vip"));
        return service;
    }

    private static void updateConfig(ObjectNode config) {
        fill(config, "Parallelism", config.numberNode(1));
        fill(config, "FailureAction", config.textNode("pause"));
        fill(config, "Monitor", config.numberNode(MONITOR_NANOS));
        fill(config, "MaxFailureRatio", config.numberNode(0));
        fill(config, "Order", config.textNode("stop-first"));
    }

    private static void fill(ObjectNode object, String field, JsonNode value) {
        if (!object.hasNonNull(field)) {
            object.set(field, value);
        }
    }
}
