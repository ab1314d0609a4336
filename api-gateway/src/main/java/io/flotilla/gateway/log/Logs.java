package io.flotilla.gateway.log;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.ContainerStatus;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.rpc.NodeClient;
import io.flotilla.gateway.rpc.NodeStream;
import io.flotilla.gateway.stream.Sink;
import io.flotilla.gateway.stream.StreamBody;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.ClusterView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The logs of a container, a task or a service as bodies of answers. */
public final class Logs {
    private final ClusterView view;
    private final NodeClient nodes;
    private final LogOptions options;

    public Logs(Gateway gateway, LogOptions options) {
        this.view = gateway.view();
        this.nodes = gateway.nodes();
        this.options = options;
    }

    /** A body and whether it is multiplexed. */
    public record Log(boolean multiplexed, StreamBody body) {}

    /** A failure of the node before the first line is the answer's status. */
    public Log ofContainer(ClusterImage image, Container container) {
        Node node = image.node(container.nodeId())
                .orElseThrow(() -> ApiException.unavailable("node " + container.nodeId() + " is not known"));
        boolean tty = container.inspect().config() != null
                && Boolean.TRUE.equals(container.inspect().config().tty());
        LogSource source = new LogSource(node, container.id(), Map.of());
        return new Log(!tty, sink -> writeOne(source, writer(!tty, sink)));
    }

    private void writeOne(LogSource source, LogWriter out) throws IOException {
        try (NodeStream<LogLine> lines = source.open(nodes, options)) {
            out.sink().onGone(lines::close);
            out.sink().flushHead();
            for (LogLine line = lines.next(); line != null; line = lines.next()) {
                out.write(line, lines.ready());
            }
        } catch (ApiException e) {
            out.complain(e.text());
        }
    }

    public Log ofTask(ClusterImage image, Task task) {
        return merged(hasTty(image.specOf(task)), now -> now.task(task.id()).map(List::of));
    }

    public Log ofService(Service service) {
        return merged(hasTty(service.spec().taskTemplate()), now -> now.service(service.id())
                .map(found -> now.tasksOf(found.id())));
    }

    private interface Tasks {
        /** Empty when what was followed is gone. */
        Optional<? extends Collection<Task>> in(ClusterImage image);
    }

    private Log merged(boolean tty, Tasks tasks) {
        return new Log(!tty, sink -> {
            LogWriter out = writer(!tty, sink);
            sink.flushHead();
            if (options.follow()) {
                FollowedLogs.write(nodes, view, image -> sources(image, tasks), options, out);
            } else {
                List<LogSource> found = sources(view.image(), tasks);
                MergedLogs.write(nodes, found == null ? List.of() : found, options, out);
            }
        });
    }

    private static @Nullable List<LogSource> sources(ClusterImage image, Tasks tasks) {
        Collection<Task> found = tasks.in(image).orElse(null);
        if (found == null) {
            return null;
        }
        List<LogSource> sources = new ArrayList<>();
        for (Task task : found) {
            ContainerStatus container = task.status().containerStatus();
            if (container == null || container.containerId() == null) {
                continue;
            }
            String containerId = container.containerId();
            Optional<Node> node = image.container(containerId).flatMap(known -> image.node(known.nodeId()));
            node.ifPresent(home -> sources.add(new LogSource(home, containerId, details(task))));
        }
        return sources;
    }

    // what `docker service logs` takes apart to print service.slot@node
    private static Map<String, String> details(Task task) {
        return Map.of(
                "com.docker.swarm.node.id", String.valueOf(task.nodeId()),
                "com.docker.swarm.service.id", String.valueOf(task.serviceId()),
                "com.docker.swarm.task.id", task.id());
    }

    private static boolean hasTty(@Nullable TaskSpec spec) {
        ContainerSpec container = spec == null ? null : spec.containerSpec();
        return container != null && Boolean.TRUE.equals(container.tty());
    }

    private LogWriter writer(boolean multiplexed, Sink sink) {
        return new LogWriter(new LogFormat(multiplexed, options.timestamps(), options.details()), sink);
    }
}
