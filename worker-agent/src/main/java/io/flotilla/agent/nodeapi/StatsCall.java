package io.flotilla.agent.nodeapi;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.reconcile.Containers;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.runtime.ResourceUsage;
import io.flotilla.agent.stats.StatsSample;
import io.flotilla.bus.rpc.Json;
import io.flotilla.bus.rpc.StatsRequest;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Samples a container's counters for a client: once, or each second while the client stays and the container exists. */
final class StatsCall {
    private static final long INTERVAL_MS = 1000;

    private final Containers containers;
    private final ContainerRuntime runtime;

    StatsCall(Containers containers, ContainerRuntime runtime) {
        this.containers = containers;
        this.runtime = runtime;
    }

    void run(StatsRequest request, CallOutput<Json> output) throws IOException, InterruptedException, ActionRefused {
        ContainerRecord container = containers.find(request.getContainerId());
        Optional<ResourceUsage> before = Optional.empty();
        if (!request.getStream() && !request.getOneShot()) {
            // CPU shares need two samples: Docker, too, takes its time for a single answer
            before = usage(container);
            if (before.isPresent()) {
                output.pause(INTERVAL_MS);
            }
        }
        while (true) {
            Optional<ResourceUsage> now = usage(container);
            output.send(sample(container, now, before.orElse(null)));
            if (!request.getStream()) {
                return;
            }
            before = now;
            output.pause(INTERVAL_MS);
            container = containers.find(container.id());
        }
    }

    private Optional<ResourceUsage> usage(ContainerRecord container) throws IOException {
        return container.running() ? runtime.usage(container.id()) : Optional.empty();
    }

    private static Json sample(ContainerRecord container, Optional<ResourceUsage> now, @Nullable ResourceUsage before) {
        return NodeApi.json(now.map(usage -> StatsSample.of(container.id(), container.name(), usage, before))
                .orElseGet(() -> StatsSample.stopped(container.id(), container.name())));
    }
}
