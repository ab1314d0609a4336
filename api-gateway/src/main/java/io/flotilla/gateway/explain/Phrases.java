package io.flotilla.gateway.explain;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Lookup;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The words explanations share. */
final class Phrases {
    private Phrases() {}

    /** RFC 3339 in UTC, to the second. */
    static String at(Instant moment) {
        return moment.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    static String count(long number, String thing) {
        return number + " " + thing + (number == 1 ? "" : "s");
    }

    static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** "2 running, 1 pending", or "none". */
    static String states(Collection<Task> tasks) {
        Map<TaskState, Long> counts =
                tasks.stream().collect(Collectors.groupingBy(Task::state, TreeMap::new, Collectors.counting()));
        String text = counts.entrySet().stream()
                .sorted(Map.Entry.<TaskState, Long>comparingByKey().reversed())
                .map(entry -> entry.getValue() + " " + lower(entry.getKey()))
                .collect(Collectors.joining(", "));
        return text.isEmpty() ? "none" : text;
    }

    /** What a task's status says, the error before the message. */
    static String why(Task task) {
        TaskStatus status = task.status();
        String err = Objects.requireNonNullElse(status.err(), "");
        return err.isEmpty() ? Objects.requireNonNullElse(status.message(), "") : err;
    }

    static Instant since(Task task) {
        return Objects.requireNonNullElse(task.status().timestamp(), task.updatedAt());
    }

    static String node(ClusterImage image, @Nullable String nodeId) {
        return image.node(nodeId).map(Phrases::name).orElse(String.valueOf(nodeId));
    }

    static String name(Node node) {
        return Objects.requireNonNullElse(Lookup.hostname(node), node.id());
    }

    static String port(PortConfig port) {
        Long published = port.publishedPort();
        String where = port.publishMode() == PortConfig.PublishMode.HOST ? "of the task's node" : "of every node";
        String protocol = lower(Objects.requireNonNullElse(port.protocol(), PortConfig.Protocol.TCP));
        String from =
                published == null || published == 0 ? "a port not chosen yet" : "port " + published + "/" + protocol;
        return from + " " + where + " leads to port " + port.targetPort();
    }

    /** 536870912 as 512MiB. */
    static String bytes(long bytes) {
        long kib = bytes / 1024;
        if (kib < 1024) {
            return kib + "KiB";
        }
        long mib = kib / 1024;
        return mib < 10 * 1024 ? mib + "MiB" : mib / 1024 + "GiB";
    }

    static String cpus(long nanoCpus) {
        return String.format(Locale.ROOT, "%.2f", nanoCpus / 1e9);
    }
}
