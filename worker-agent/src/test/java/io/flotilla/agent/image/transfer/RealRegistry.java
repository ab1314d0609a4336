package io.flotilla.agent.image.transfer;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Debian's docker-registry as a process on loopback, which can be killed and started again on its data. */
final class RealRegistry implements AutoCloseable {
    private static final int START_TIMEOUT_MS = 20_000;

    private final Path folder;
    private final int port;
    private final List<String> http = new ArrayList<>();
    private String auth = "";
    private @Nullable Process process;

    RealRegistry(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            this.port = free.getLocalPort();
        }
    }

    RealRegistry withTls(Path certificate, Path key, @Nullable Path clientAuthority) {
        http.add("  tls:");
        http.add("    certificate: " + certificate);
        http.add("    key: " + key);
        if (clientAuthority != null) {
            http.add("    clientcas: [" + clientAuthority + "]");
        }
        return this;
    }

    RealRegistry withPassword(String user, String password) throws IOException, InterruptedException {
        Path file = folder.resolve("htpasswd");
        run("htpasswd", "-Bbc", file.toString(), user, password);
        auth = "auth: {htpasswd: {realm: test, path: " + file + "}}\n";
        return this;
    }

    RealRegistry start() throws IOException, InterruptedException {
        Path config = folder.resolve("config.yml");
        Files.writeString(
                config,
                "version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: " + folder.resolve("data")
                        + "}\n  delete: {enabled: true}\n" + auth + "http:\n  addr: 127.0.0.1:" + port + "\n"
                        + String.join("\n", http) + "\n");
        Process started = new ProcessBuilder("docker-registry", "serve", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                .start();
        process = started;
        awaitAnswer(started);
        return this;
    }

    private void awaitAnswer(Process started) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_TIMEOUT_MS);
        while (true) {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                return;
            } catch (IOException notYet) {
                if (!started.isAlive() || System.nanoTime() > end) {
                    throw new IOException("docker-registry does not start: " + Files.readString(folder.resolve("log")));
                }
            }
            boolean _ = started.waitFor(20, TimeUnit.MILLISECONDS);
        }
    }

    void kill() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
            running.onExit().join();
        }
    }

    String host() {
        return "127.0.0.1:" + port;
    }

    static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output);
        }
    }

    @Override
    public void close() {
        kill();
    }
}
