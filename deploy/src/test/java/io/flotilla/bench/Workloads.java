package io.flotilla.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a user of an engine waits for. Every container is a busybox of the loaded image; all are removed at the end. */
final class Workloads {
    private static final String IMAGE = "busybox:latest";
    private static final String LABEL = "flotilla.bench";
    private static final int LOG_LINES = 200_000;
    private static final int LISTINGS = 50;

    private Workloads() {}

    /** @param archive of the busybox image, for the load workload */
    static List<Workload> all(Path archive) {
        return List.of(
                Workload.millis("create+start+wait+remove (API)", 30, engine -> () -> {
                    long start = System.nanoTime();
                    String id = create(engine, "[\"true\"]");
                    engine.call("POST", "/containers/" + id + "/start", null);
                    engine.call("POST", "/containers/" + id + "/wait", null);
                    remove(engine, id);
                    return Workload.millisSince(start);
                }),
                Workload.millis("start (API)", 30, engine -> () -> {
                    String id = create(engine, "[\"sleep\",\"1d\"]");
                    long start = System.nanoTime();
                    engine.call("POST", "/containers/" + id + "/start", null);
                    double millis = Workload.millisSince(start);
                    remove(engine, id);
                    return millis;
                }),
                Workload.millis("docker run --rm busybox true", 20, engine -> () -> {
                    long start = System.nanoTime();
                    engine.docker("run", "--rm", IMAGE, "true");
                    return Workload.millisSince(start);
                }),
                Workload.millis("exec create+start+inspect (API)", 30, Workloads::exec),
                Workload.millis("event of a create reaches a follower", 30, EventLatency::new),
                Workload.millis("list, 100 containers", 20, engine -> new Listing(engine, 100, false)),
                Workload.perSecond("list, 100 containers", 5, engine -> new Listing(engine, 100, true)),
                Workload.millis("list, 1000 containers", 10, engine -> new Listing(engine, 1000, false)),
                Workload.millis("200,000 log lines", 5, Workloads::logs),
                Workload.millis("load of an image that is there", 5, engine -> () -> {
                    long start = System.nanoTime();
                    engine.upload("/images/load?quiet=1", archive);
                    return Workload.millisSince(start);
                }));
    }

    static String create(Engine engine, String command) throws IOException {
        JsonNode made = engine.call(
                "POST",
                "/containers/create",
                "{\"Image\":\"" + IMAGE + "\",\"Cmd\":" + command + ",\"Labels\":{\"" + LABEL + "\":\"\"}}");
        return made.get("Id").asText();
    }

    static void remove(Engine engine, String id) throws IOException {
        engine.bytes("DELETE", "/containers/" + id + "?force=1", null);
    }

    /** What an earlier, interrupted run may have left. */
    static void removeAll(Engine engine) throws IOException {
        String filter = "%7B%22label%22%3A%5B%22" + LABEL + "%22%5D%7D";
        for (JsonNode container : engine.call("GET", "/containers/json?all=1&filters=" + filter, null)) {
            remove(engine, container.get("Id").asText());
        }
    }

    private static Workload.Round exec(Engine engine) throws IOException {
        String id = create(engine, "[\"sleep\",\"1d\"]");
        engine.call("POST", "/containers/" + id + "/start", null);
        return new Workload.Round() {
            @Override
            public double run() throws IOException {
                long start = System.nanoTime();
                String exec = engine.call(
                                "POST", "/containers/" + id + "/exec", "{\"AttachStdout\":true,\"Cmd\":[\"true\"]}")
                        .get("Id")
                        .asText();
                engine.takeOver("POST", "/exec/" + exec + "/start", "{\"Detach\":false,\"Tty\":false}");
                JsonNode ended = engine.call("GET", "/exec/" + exec + "/json", null);
                double millis = Workload.millisSince(start);
                if (ended.get("ExitCode").asInt(-1) != 0) {
                    throw new IllegalStateException("the exec failed: " + ended);
                }
                return millis;
            }

            @Override
            public void close() throws IOException {
                remove(engine, id);
            }
        };
    }

    private static Workload.Round logs(Engine engine) throws IOException {
        String id = create(engine, "[\"seq\",\"" + LOG_LINES + "\"]");
        engine.call("POST", "/containers/" + id + "/start", null);
        engine.call("POST", "/containers/" + id + "/wait", null);
        return new Workload.Round() {
            @Override
            public double run() throws IOException {
                long start = System.nanoTime();
                long read = engine.drain("/containers/" + id + "/logs?stdout=1");
                if (read < LOG_LINES) {
                    throw new IllegalStateException("only " + read + " bytes of log");
                }
                return Workload.millisSince(start);
            }

            @Override
            public void close() throws IOException {
                remove(engine, id);
            }
        };
    }

    /** From the request that makes a container to its event at a client that follows. */
    private static final class EventLatency implements Workload.Round {
        private final Engine engine;
        private final Engine.Connection connection;
        private @Nullable BufferedReader events;

        EventLatency(Engine engine) throws IOException {
            this.engine = engine;
            this.connection = engine.stream(
                    "/events?filters=%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22create%22%5D%7D");
        }

        @Override
        public double run() throws IOException {
            long start = System.nanoTime();
            String id = create(engine, "[\"true\"]");
            if (events == null) {
                events = new BufferedReader(
                        new InputStreamReader(connection.answer("/events"), StandardCharsets.UTF_8), 1 << 16);
            }
            String line = Objects.requireNonNull(events.readLine(), "the events ended");
            if (!line.contains(id)) {
                throw new IllegalStateException("not the event of " + id + ": " + line);
            }
            double millis = Workload.millisSince(start);
            remove(engine, id);
            return millis;
        }

        @Override
        public void close() throws IOException {
            connection.close();
        }
    }

    /** Reads the list of all containers; they are made and never started. */
    private static final class Listing implements Workload.Round {
        private final Engine engine;
        private final boolean rate;
        private final List<String> ids = new ArrayList<>();

        Listing(Engine engine, int containers, boolean rate) throws IOException {
            this.engine = engine;
            this.rate = rate;
            for (int i = 0; i < containers; i++) {
                ids.add(create(engine, "[\"true\"]"));
            }
        }

        @Override
        public double run() throws IOException {
            int times = rate ? LISTINGS : 1;
            long start = System.nanoTime();
            for (int i = 0; i < times; i++) {
                engine.bytes("GET", "/containers/json?all=1", null);
            }
            double millis = Workload.millisSince(start);
            return rate ? times * 1000 / millis : millis;
        }

        @Override
        public void close() throws IOException {
            for (String id : ids) {
                remove(engine, id);
            }
        }
    }
}
