package io.flotilla.acceptance;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;

/** A program as users of Testcontainers write it; run by {@link ClientsIT} in a host's network namespace. */
final class TestcontainersProgram {
    private TestcontainersProgram() {}

    /** The endpoint is in DOCKER_HOST. */
    public static void main(String[] args) throws IOException, InterruptedException {
        try (GenericContainer<?> web = new GenericContainer<>(DockerImageName.parse("busybox:latest"))
                .withCopyToContainer(Transferable.of("a page"), "/www/index.html")
                .withCommand("httpd", "-f", "-p", "80", "-h", "/www")
                .withExposedPorts(80)) {
            web.start();
            URI page = URI.create("http://" + web.getHost() + ":" + web.getMappedPort(80) + "/");
            try (InputStream body = page.toURL().openStream()) {
                System.out.println("page " + new String(body.readAllBytes(), StandardCharsets.UTF_8));
            }
            var seen = web.execInContainer("cat", "/www/index.html");
            System.out.println("exec " + seen.getStdout() + " " + seen.getExitCode());
        }
        System.out.println("stopped");
    }
}
