package io.flotilla.gateway.service;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.CronStatus;
import io.flotilla.bus.schema.JobStatus;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.ServiceStatus;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.view.ClusterImage;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Services as clients see them, and which of them a list shows. */
final class ServiceView {
    static final Set<String> FILTERS = Set.of("id", "label", "mode", "name", "runtime");

    private ServiceView() {}

    static ObjectNode render(Service service) {
        ObjectNode json = Codec.JSON.mapper().valueToTree(service);
        json.remove(List.of("SpecVersion", "SpecIndex"));
        // what Go clients send and get back even when it is empty
        json.withObjectProperty("Endpoint").withObjectProperty("Spec");
        json.withObjectProperty("Spec").withObjectProperty("Labels");
        if (service.cronStatus() != null && service.updateStatus() == null) {
            // jobs have no updates; without a state clients take it for nothing but a message
            json.withObjectProperty("UpdateStatus").put("Message", schedule(service.cronStatus()));
        }
        return json;
    }

    /** Stock clients do not know of CronStatus. */
    private static String schedule(CronStatus cron) {
        String next = cron.next() == null ? "no further execution" : "next execution at " + cron.next();
        return cron.lastDecision() == null
                ? next
                : "execution due at " + cron.lastDue() + " "
                        + cron.lastDecision().name().toLowerCase(Locale.ROOT) + ", " + next;
    }

    static List<Service> select(Collection<Service> services, Filters filters) {
        return services.stream()
                .filter(service -> includes(service, filters))
                .sorted(Comparator.comparing(Service::id))
                .toList();
    }

    private static boolean includes(Service service, Filters filters) {
        ServiceSpec spec = service.spec();
        return filters.fuzzyMatch("id", service.id())
                && filters.fuzzyMatch("name", Objects.requireNonNullElse(spec.name(), ""))
                && filters.labelsMatch("label", spec.labels())
                && filters.exactMatch("mode", mode(spec.mode()))
                && filters.exactMatch("runtime", "container");
    }

    static String mode(@Nullable ServiceMode mode) {
        if (mode == null || mode.replicated() != null) {
            return "replicated";
        }
        if (mode.global() != null) {
            return "global";
        }
        return mode.replicatedJob() != null ? "replicated-job" : "global-job";
    }

    /**
     * How many tasks run, and how many should: by the mode's number where there is one, by the tasks there are otherwise.
     * Of a job only those of its present execution count (SwarmKit's ListServiceStatuses).
     */
    static ServiceStatus status(Service service, ClusterImage image) {
        long running = 0;
        long completed = 0;
        long wanted = 0;
        JobStatus job = service.jobStatus();
        for (Task task : image.tasksOf(service.id())) {
            if (job != null && !Objects.equals(job.jobIteration(), task.jobIteration())) {
                continue;
            }
            boolean complete = task.state() == TaskState.COMPLETE;
            if (!complete && task.desiredState().compareTo(TaskState.COMPLETE) <= 0) {
                wanted++;
                running += task.state() == TaskState.RUNNING ? 1 : 0;
            }
            completed += job != null && complete ? 1 : 0;
        }
        return new ServiceStatus(running, desired(service.spec().mode(), wanted), completed);
    }

    private static long desired(@Nullable ServiceMode mode, long tasks) {
        if (mode == null) {
            return 1;
        }
        if (mode.replicated() != null) {
            return Objects.requireNonNullElse(mode.replicated().replicas(), 1L);
        }
        if (mode.replicatedJob() != null) {
            return Objects.requireNonNullElse(mode.replicatedJob().maxConcurrent(), tasks);
        }
        return tasks;
    }
}
