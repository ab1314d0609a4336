package io.flotilla.manager.control.core;

import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.TaskSpec;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What dockerd fills in before a service's spec is stored, so that a client reads back what Docker would show. */
final class ServiceDefaults {
    private ServiceDefaults() {}

    static ServiceSpec applied(ServiceSpec spec, Supplier<String> name) {
        String given = spec.name();
        return spec.with(s -> s.name(given == null || given.isEmpty() ? name.get() : given)
                .mode(mode(spec.mode()))
                .taskTemplate(spec.taskTemplate() == null ? null : template(spec.taskTemplate()))
                .endpointSpec(spec.endpointSpec() == null ? null : endpoint(spec.endpointSpec())));
    }

    private static ServiceMode mode(@Nullable ServiceMode mode) {
        if (mode == null
                || mode.global() == null
                        && mode.replicated() == null
                        && mode.replicatedJob() == null
                        && mode.globalJob() == null) {
            return new ServiceMode(new ServiceMode.Replicated(1L), null, null, null);
        }
        ServiceMode.Replicated replicated = mode.replicated();
        ServiceMode filled = replicated != null && replicated.replicas() == null
                ? mode.withReplicated(new ServiceMode.Replicated(1L))
                : mode;
        ServiceMode.ReplicatedJob job = mode.replicatedJob();
        return job == null ? filled : filled.withReplicatedJob(replicatedJob(job));
    }

    /** All at once when only the concurrency is named, one at a time when only the completions are. */
    private static ServiceMode.ReplicatedJob replicatedJob(ServiceMode.ReplicatedJob job) {
        long most = Objects.requireNonNullElse(job.maxConcurrent(), 1L);
        return new ServiceMode.ReplicatedJob(most, Objects.requireNonNullElse(job.totalCompletions(), most));
    }

    private static TaskSpec template(TaskSpec template) {
        String runtime = template.runtime();
        return template.with(t -> t.runtime(runtime == null || runtime.isEmpty() ? "container" : runtime)
                .forceUpdate(Objects.requireNonNullElse(template.forceUpdate(), 0L)));
    }

    private static EndpointSpec endpoint(EndpointSpec spec) {
        return new EndpointSpec(
                Objects.requireNonNullElse(spec.mode(), EndpointSpec.Mode.VIP),
                spec.ports().stream().map(ServiceDefaults::port).toList());
    }

    private static PortConfig port(PortConfig port) {
        return port.with(p -> p.protocol(Objects.requireNonNullElse(port.protocol(), PortConfig.Protocol.TCP))
                .publishMode(Objects.requireNonNullElse(port.publishMode(), PortConfig.PublishMode.INGRESS)));
    }
}
