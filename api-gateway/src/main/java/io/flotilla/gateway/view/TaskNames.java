package io.flotilla.gateway.view;

import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import java.util.Objects;

/** How Docker names tasks. */
public final class TaskNames {
    private TaskNames() {}

    /** service.slot, or service.node of a global one. */
    public static String instance(ClusterImage image, Task task) {
        String service = image.service(task.serviceId())
                .map(Service::spec)
                .map(spec -> String.valueOf(spec.name()))
                .orElse(String.valueOf(task.serviceId()));
        boolean slotted = task.slot() != null && task.slot() > 0;
        return service + "." + (slotted ? task.slot() : Objects.requireNonNullElse(task.nodeId(), ""));
    }

    /** service.slot.id, the name of its container. */
    public static String of(ClusterImage image, Task task) {
        return instance(image, task) + "." + task.id();
    }
}
