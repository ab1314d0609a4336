package io.flotilla.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.app.InstanceHome;
import io.flotilla.app.Options;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Why an object is as it is, in words or as JSON: what GET /explain answers. */
public final class ExplainCommand {
    /** In this order where no kind is given. */
    private static final List<String> KINDS = List.of("service", "node", "task", "container", "volume");

    private static final int NOT_FOUND = 404;

    private ExplainCommand() {}

    /** @return 0 when the object is as wanted, 1 when it is not, or cannot be found */
    public static int run(Options options, PrintStream out) throws IOException, InterruptedException {
        List<String> words = options.operands();
        if (words.isEmpty() || words.size() > 2) {
            throw new IOException("needs [KIND] NAME, KIND being one of " + String.join(", ", KINDS));
        }
        List<String> kinds = words.size() == 1 ? KINDS : List.of(kind(words.getFirst()));
        Optional<InstanceHome.Running> running = new InstanceHome(options.dataDir()).running();
        if (running.isEmpty()) {
            throw new IOException("not running (data folder " + options.dataDir() + ")");
        }
        try (Engine engine = new Engine(running.get().socket())) {
            JsonNode explanation = find(engine, kinds, words.getLast());
            if (options.has("--json")) {
                out.println(explanation.toPrettyString());
            } else {
                words(explanation, out);
            }
            return explanation.path("AsWanted").asBoolean() ? 0 : 1;
        }
    }

    private static String kind(String word) throws IOException {
        String kind = word.endsWith("s") ? word.substring(0, word.length() - 1) : word;
        if (!KINDS.contains(kind)) {
            throw new IOException("'" + word + "' is none of " + String.join(", ", KINDS));
        }
        return kind;
    }

    private static JsonNode find(Engine engine, List<String> kinds, String name)
            throws IOException, InterruptedException {
        String path = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
        for (String kind : kinds) {
            Engine.Answer answer = engine.get("/explain/" + kind + "s/" + path);
            if (answer.status() != NOT_FOUND || kinds.size() == 1) {
                return answer.expect(kind);
            }
        }
        throw new IOException("no " + String.join(", ", kinds) + " is called " + name);
    }

    private static void words(JsonNode explanation, PrintStream out) {
        out.println(explanation.path("Kind").asText() + " "
                + explanation.path("Name").asText() + " ("
                + explanation.path("ID").asText() + ")");
        line(out, "Wanted", explanation.path("Wanted").asText());
        line(out, "Seen", explanation.path("Seen").asText());
        if (explanation.path("AsWanted").asBoolean()) {
            line(out, "Why", "it is as wanted");
        }
        list(out, "Why", explanation.path("Reasons"));
        list(out, "Next", explanation.path("NextSteps"));
        list(out, "More", explanation.path("Details"));
        String title = "Life";
        for (JsonNode moment : explanation.path("History")) {
            line(
                    out,
                    title,
                    moment.path("At").asText() + "  " + moment.path("What").asText());
            title = "";
        }
    }

    private static void list(PrintStream out, String title, JsonNode sentences) {
        String first = title;
        for (JsonNode sentence : sentences) {
            line(out, first, sentence.asText());
            first = "";
        }
    }

    private static void line(PrintStream out, String title, String text) {
        out.printf("  %-7s %s%n", title, text);
    }
}
