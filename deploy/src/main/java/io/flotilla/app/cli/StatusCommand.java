package io.flotilla.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.app.InstanceHome;
import io.flotilla.app.Options;
import io.flotilla.bus.codec.Codec;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Map;
import java.util.Optional;

/** How an instance is, in words or as JSON. */
public final class StatusCommand {
    private StatusCommand() {}

    /** @return 0 when it runs and answers, 1 when it does not */
    public static int run(Options options, PrintStream out) throws IOException, InterruptedException {
        Optional<InstanceHome.Running> running = new InstanceHome(options.dataDir()).running();
        if (running.isEmpty()) {
            out.println(
                    options.has("--json")
                            ? "{\"running\":false}"
                            : "Not running (data folder " + options.dataDir() + "). Start it with ./flotilla up.");
            return 1;
        }
        ObjectNode status = Codec.JSON.mapper().createObjectNode();
        status.put("running", true)
                .put("pid", running.get().pid())
                .put("socket", running.get().socket());
        try (Engine engine = new Engine(running.get().socket())) {
            status.setAll((ObjectNode) engine.get("/flotilla/status").expect("status"));
        }
        if (options.has("--json")) {
            out.println(status.toPrettyString());
        } else {
            words(status, out);
        }
        return 0;
    }

    private static void words(JsonNode status, PrintStream out) {
        line(out, "Process", "running, pid " + status.path("pid").asText());
        line(out, "Version", status.path("version").asText());
        line(out, "Roles", status.path("roles").asText());
        line(out, "Socket", status.path("socket").asText());
        line(
                out,
                "Node",
                status.path("nodeName").asText() + " (" + status.path("nodeId").asText() + ")");
        line(out, "Swarm", status.path("swarm").asText());
        line(out, "Leader", status.path("leader").asText());
        line(out, "Broker", status.path("broker").asText());
        StringBuilder tasks = new StringBuilder();
        for (Map.Entry<String, JsonNode> state : status.path("tasks").properties()) {
            tasks.append(tasks.isEmpty() ? "" : ", ")
                    .append(state.getValue().asText())
                    .append(' ')
                    .append(state.getKey());
        }
        line(out, "Tasks", tasks.isEmpty() ? "none" : tasks.toString());
    }

    private static void line(PrintStream out, String name, String value) {
        out.printf("%-8s %s%n", name, value);
    }
}
