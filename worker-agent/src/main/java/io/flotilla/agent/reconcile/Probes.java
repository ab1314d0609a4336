package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.health.HealthCheck;
import io.flotilla.agent.health.HealthMonitor;
import io.flotilla.agent.health.HealthStates;
import io.flotilla.agent.runtime.ExecProcess;
import io.flotilla.agent.runtime.ExecSpec;
import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.bus.schema.Health;
import io.flotilla.bus.schema.HealthcheckResult;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Runs a container's probes in it and writes down what comes of them. On the container's queue. */
final class Probes implements HealthMonitor.Probed {
    private static final Logger LOG = Logger.getLogger(Probes.class);

    private final WorkerPorts ports;
    private final ContainerLife.Owner owner;
    private final ContainerLife life;
    private final StepLoop loop;
    private final HealthCheck check;

    Probes(WorkerPorts ports, ContainerLife.Owner owner, ContainerLife life, StepLoop loop, HealthCheck check) {
        this.ports = ports;
        this.owner = owner;
        this.life = life;
        this.loop = loop;
        this.check = check;
    }

    @Override
    public ExecProcess exec(List<String> command, OutputSink output) throws IOException {
        ContainerRecord container = owner.container();
        if (container == null || !container.running()) {
            throw new IOException("the container is not running");
        }
        var process = container
                .spec()
                .process()
                .withArgs(command)
                .withTerminal(false)
                .withConsoleSize(null)
                .withOpenStdin(false)
                .withStdinOnce(false);
        return ports.runtime()
                .exec(container.id(), new ExecSpec(ports.containerIds().get(), process, false), output);
    }

    @Override
    public @Nullable String status() {
        ContainerRecord container = owner.container();
        return container == null || container.health() == null
                ? null
                : container.health().status();
    }

    @Override
    public void result(HealthcheckResult result) {
        ContainerRecord container = owner.container();
        if (container == null || !container.running() || container.health() == null) {
            return;
        }
        Health before = container.health();
        Instant startedAt = Objects.requireNonNullElse(container.startedAt(), Instant.EPOCH);
        Health after = HealthStates.after(before, result, check, startedAt);
        try {
            owner.observe(container.withHealth(after), false);
        } catch (IOException e) {
            // in force all the same; the next write has it
            LOG.warnf("the health of container %s was not journaled: %s", container.id(), e.getMessage());
        }
        life.report();
        String status = after.status();
        if (status != null && !status.equals(before.status())) {
            life.event("health_status: " + status, Map.of());
        }
        loop.converge();
    }

    @Override
    public void onQueue(Duration delay, Runnable job) {
        if (delay.isZero()) {
            loop.execute(job);
        } else {
            ports.later(delay, () -> loop.execute(job));
        }
    }
}
