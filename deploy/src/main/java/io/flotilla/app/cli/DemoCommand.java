package io.flotilla.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.app.Identity;
import io.flotilla.app.InstanceHome;
import io.flotilla.app.Options;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The product's main job on a machine that has nothing else: an image made here, a replicated service with a published
 * port, its tasks coming up, a page from every replica. All through the public API.
 */
public final class DemoCommand {
    private static final String SERVICE = "flotilla-demo";
    private static final int PORT = 8088;
    private static final int REPLICAS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration REFRESH = Duration.ofMillis(50);
    private static final Path BUSYBOX = Path.of("/bin/busybox");

    private DemoCommand() {}

    public static int run(Options options, PrintStream out) throws IOException, InterruptedException {
        InstanceHome home = new InstanceHome(options.dataDir());
        if (options.has("--down")) {
            return down(home, out);
        }
        InstanceHome.Running running =
                home.running().orElseThrow(() -> new IOException("no instance runs in " + home.dataDir()));
        try (Engine engine = new Engine(running.socket())) {
            initSwarm(engine, out);
            out.println("Loading an image made from this host's busybox ...");
            engine.postTar("/images/load?quiet=1", DemoImage.archive(BUSYBOX)).expect("load");
            out.println("Creating service " + SERVICE + ": " + REPLICAS + " replicas, port " + PORT + " ...");
            if (engine.get("/services/" + SERVICE).status() == 200) {
                engine.delete("/services/" + SERVICE).expect("remove the last demo's service");
            }
            engine.post("/services/create", serviceSpec()).expect("create service");
            awaitRunning(engine, out);
            fetchFromEveryReplica(out);
        }
        explain(running.socket(), out);
        return 0;
    }

    private static void initSwarm(Engine engine, PrintStream out) throws IOException, InterruptedException {
        if (engine.get("/swarm").status() == 200) {
            return;
        }
        engine.post("/swarm/init", Map.of("ListenAddr", "0.0.0.0:2377", "AdvertiseAddr", "127.0.0.1"))
                .expect("swarm init");
        out.println("This node is a swarm now.");
    }

    private static Map<String, Object> serviceSpec() {
        String page = "hostname > /www/index.html; exec httpd -f -p 8080 -h /www";
        return Map.of(
                "Name", SERVICE,
                "TaskTemplate",
                        Map.of(
                                "ContainerSpec",
                                Map.of(
                                        "Image",
                                        DemoImage.REFERENCE,
                                        "Hostname",
                                        "replica-{{.Task.Slot}}",
                                        "Command",
                                        List.of("sh", "-c", page))),
                "Mode", Map.of("Replicated", Map.of("Replicas", REPLICAS)),
                "EndpointSpec",
                        Map.of("Ports", List.of(Map.of("Protocol", "tcp", "TargetPort", 8080, "PublishedPort", PORT))));
    }

    private static void awaitRunning(Engine engine, PrintStream out) throws IOException, InterruptedException {
        String filter = URLEncoder.encode("{\"service\":[\"" + SERVICE + "\"]}", StandardCharsets.UTF_8);
        Map<String, String> shown = new TreeMap<>();
        long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadlineNanos) {
            int up = 0;
            String reason = "";
            for (JsonNode task : engine.get("/tasks?filters=" + filter).expect("list tasks")) {
                String name = SERVICE + "." + task.path("Slot").asText();
                String state = task.at("/Status/State").asText();
                reason = task.at("/Status/Err").asText(reason);
                if (!state.equals(shown.put(task.path("ID").asText(), state))) {
                    out.printf("  %-18s %s%n", name, state);
                }
                up += state.equals("running") ? 1 : 0;
            }
            if (up >= REPLICAS) {
                return;
            }
            if (!reason.isEmpty()) {
                out.println("  " + reason);
            }
            // a display, refreshed: the Engine API has no event for a task to wait on
            Thread.sleep(REFRESH);
        }
        throw new IOException("the service did not come up within " + PATIENCE.toSeconds()
                + " s; ask why with: docker service ps --no-trunc " + SERVICE);
    }

    private static void fetchFromEveryReplica(PrintStream out) throws IOException {
        TreeSet<String> seen = new TreeSet<>();
        for (int request = 0; request < 30 * REPLICAS && seen.size() < REPLICAS; request++) {
            String page = fetch();
            if (seen.add(page)) {
                out.println("  http://127.0.0.1:" + PORT + " answers: " + page);
            }
        }
        if (seen.size() < REPLICAS) {
            throw new IOException("only " + seen + " of " + REPLICAS + " replicas answered");
        }
    }

    /** A connection of its own each time: the mesh balances connections. */
    private static String fetch() throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(5_000);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), PORT), 5_000);
            socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            try (BufferedReader reader =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
                String last = "";
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    last = line;
                }
                return last;
            }
        }
    }

    private static void explain(String socket, PrintStream out) {
        out.println("""

                The same with the docker client:
                  export DOCKER_HOST=unix://%s
                  docker service create --name %s-2 --replicas %d --publish 8089:8080 %s \\
                    sh -c 'hostname > /www/index.html; exec httpd -f -p 8080 -h /www'
                  docker service ps %s
                  docker service scale %s=5
                  docker service logs %s
                Take it all away again:
                  ./flotilla demo --down""".formatted(socket, SERVICE, REPLICAS, DemoImage.REFERENCE, SERVICE, SERVICE, SERVICE));
    }

    /** Removes the service and, where the demo itself made the instance, all of that. */
    private static int down(InstanceHome home, PrintStream out) throws IOException, InterruptedException {
        if (Files.exists(home.demoMark())) {
            DownCommand.stop(home, out);
            Identity identity = home.identity();
            if (identity != null) {
                Removal.everything(home, identity);
            }
            Removal.dataDir(home);
            out.println("The demo and its instance are removed.");
            return 0;
        }
        var running = home.running();
        if (running.isPresent()) {
            try (Engine engine = new Engine(running.get().socket())) {
                engine.delete("/services/" + SERVICE);
                engine.delete("/images/" + DemoImage.REFERENCE + "?force=1");
            }
        }
        out.println("The demo's service is removed; the instance was not the demo's own and stays.");
        return 0;
    }
}
