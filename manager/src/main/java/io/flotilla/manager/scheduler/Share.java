package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.GenericResource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one task takes of its node.
 *
 * @param units of generic resources it was assigned
 * @param active whether it is to stay
 * @param claimant the task this one makes room for; null for one that need not
 */
record Share(
        String nodeId,
        String serviceId,
        Requirements needs,
        List<GenericResource> units,
        boolean active,
        @Nullable String claimant) {}
