package io.flotilla.acceptance;

import static io.flotilla.acceptance.Host.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Images and registries, as a user of the stock docker client has them: a mirror of Docker Hub, and one with a password. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class RegistryIT {
    private static final String MIRROR = "127.0.0.1:5001";
    private static final String PRIVATE = "127.0.0.1:5002";

    private Path folder;
    private final List<Process> registries = new ArrayList<>();
    private Host host;

    @BeforeAll
    void up(@TempDir Path temporary) throws IOException {
        folder = temporary;
        host = Host.make("reg");
        Path passwords = folder.resolve("htpasswd");
        Host.machine("htpasswd", "-Bbc", passwords.toString(), "ann", "secret").ok();
        serve(MIRROR, "");
        serve(PRIVATE, "auth: {htpasswd: {realm: test, path: " + passwords + "}}\n");
        host.flotilla("up", "--node-name", "web1", "--registry-mirror", "http://" + MIRROR)
                .ok();
        host.load("busybox");
    }

    private void serve(String address, String more) throws IOException {
        Path config = folder.resolve(address.replace(':', '-') + ".yml");
        Files.writeString(
                config,
                "version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: " + config + ".data}\n"
                        + more + "http:\n  addr: " + address + "\n");
        registries.add(
                host.insideInBackground(Path.of(config + ".log"), "docker-registry", "serve", config.toString()));
        eventually(
                "the registry answers",
                () -> host.inside("curl", "-s", "-o", "/dev/null", "http://" + address + "/v2/")
                        .exitCode(),
                code -> code == 0);
    }

    @AfterAll
    void down() throws IOException {
        registries.forEach(Process::destroyForcibly);
        host.close();
    }

    private String id(String image) {
        return host.docker("image", "inspect", "-f", "{{.Id}}", image).ok();
    }

    @Test
    @Order(1)
    void pushedImageIsPulledBackUnderTheSameId() {
        String id = id("busybox");
        host.docker("tag", "busybox", MIRROR + "/library/busybox:test").ok();
        String pushed = host.docker("push", MIRROR + "/library/busybox:test").ok();
        assertThat(pushed)
                .contains(
                        "The push refers to repository [" + MIRROR + "/library/busybox]", "Pushed", "digest: sha256:");
        assertThat(host.docker("push", MIRROR + "/library/busybox:test").ok()).contains("Layer already exists");
        host.docker("tag", "busybox", MIRROR + "/other/box").ok();
        assertThat(host.docker("push", MIRROR + "/other/box").ok()).contains("Mounted from library/busybox");

        host.docker("rmi", "-f", id).ok();
        assertThat(host.docker("images", "-q").ok()).isEmpty();
        String pulled = host.docker("pull", MIRROR + "/library/busybox:test").ok();
        assertThat(pulled)
                .contains("test: Pulling from library/busybox", "Pull complete", "Digest: sha256:")
                .contains("Status: Downloaded newer image for " + MIRROR + "/library/busybox:test");
        assertThat(id(MIRROR + "/library/busybox:test")).isEqualTo(id);
        assertThat(host.docker("pull", MIRROR + "/library/busybox:test").ok())
                .contains("Status: Image is up to date for " + MIRROR + "/library/busybox:test");
    }

    @Test
    @Order(2)
    void runPullsWhatIsMissingThroughTheMirror() {
        Shell.Result run = host.docker("run", "--rm", "busybox:test", "echo", "hello world");
        assertThat(run.ok()).isEqualTo("hello world");
        assertThat(run.err())
                .contains("Unable to find image 'busybox:test' locally", "Downloaded newer image for busybox:test");
    }

    @Test
    @Order(2)
    void helloWorldComesThroughTheMirror() {
        host.load("hello-world");
        host.docker("tag", "hello-world", MIRROR + "/library/hello-world").ok();
        host.docker("push", MIRROR + "/library/hello-world").ok();
        host.docker("rmi", "-f", id("hello-world")).ok();

        Shell.Result run = host.docker("run", "hello-world");
        assertThat(run.ok())
                .contains("Hello from Docker!", "This message shows that your installation appears to be working");
        assertThat(run.err())
                .contains(
                        "Unable to find image 'hello-world:latest' locally",
                        "latest: Pulling from library/hello-world",
                        "Status: Downloaded newer image for hello-world:latest");
        host.docker("container", "prune", "-f").ok();
    }

    @Test
    @Order(3)
    void imageIsKnownByItsDigest() {
        String digest = host.docker("image", "inspect", "-f", "{{index .RepoDigests 0}}", "busybox:test")
                .ok();
        assertThat(digest).contains("@sha256:");
        assertThat(host.docker("images", "--digests", "--format", "{{.Digest}}").ok())
                .contains("sha256:");
        assertThat(host.docker("pull", digest).ok()).contains("Status: Image is up to date for " + digest);
    }

    @Test
    @Order(4)
    void whatTheRegistryDoesNotHaveIsSaid() {
        Shell.Result tag = host.docker("pull", MIRROR + "/library/busybox:nope");
        assertThat(tag.exitCode()).isEqualTo(1);
        assertThat(tag.err())
                .contains("manifest for " + MIRROR
                        + "/library/busybox:nope not found: manifest unknown: manifest unknown");
        Shell.Result gone = host.docker("pull", "127.0.0.1:5999/x");
        assertThat(gone.exitCode()).isEqualTo(1);
        assertThat(gone.err()).contains("127.0.0.1:5999", "connection refused");
        assertThat(host.docker("push", MIRROR + "/nothing:here").err())
                .contains("An image does not exist locally with the tag: " + MIRROR + "/nothing");
    }

    @Test
    @Order(5)
    void loginIsNeededWhereTheRegistryWantsIt() {
        String config = folder.resolve("docker-config").toString();
        host.docker("tag", "busybox:test", PRIVATE + "/box:1").ok();
        assertThat(host.docker("--config", config, "push", PRIVATE + "/box:1").err())
                .contains("no basic auth credentials");
        assertThat(host.docker("--config", config, "login", "-u", "ann", "-p", "wrong", PRIVATE)
                        .err())
                .contains("unauthorized");
        assertThat(host.docker("--config", config, "login", "-u", "ann", "-p", "secret", PRIVATE)
                        .ok())
                .contains("Login Succeeded");
        host.docker("--config", config, "push", PRIVATE + "/box:1").ok();
        host.docker("rmi", PRIVATE + "/box:1").ok();
        host.docker("--config", config, "pull", PRIVATE + "/box:1").ok();
        host.docker("--config", config, "logout", PRIVATE).ok();
        host.docker("rmi", PRIVATE + "/box:1").ok();
        assertThat(host.docker("--config", config, "pull", PRIVATE + "/box:1").err())
                .contains("no basic auth credentials");
    }

    @Test
    @Order(6)
    void servicePullsWithItsUsersCredentialsAndPinsTheDigest() {
        String config = folder.resolve("docker-config").toString();
        host.docker("swarm", "init").ok();
        host.docker("--config", config, "login", "-u", "ann", "-p", "secret", PRIVATE)
                .ok();
        host.docker("rmi", "-f", id("busybox:test")).ok();
        host.docker(
                        "--config",
                        config,
                        "service",
                        "create",
                        "-d",
                        "--with-registry-auth",
                        "--name",
                        "mine",
                        PRIVATE + "/box:1",
                        "sleep",
                        "1000")
                .ok();
        host.awaitRunning("mine", 1);
        String image = host.docker("service", "inspect", "-f", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", "mine")
                .ok();
        assertThat(image).startsWith(PRIVATE + "/box:1@sha256:");
        assertThat(host.docker("service", "inspect", "mine").ok()).doesNotContain("secret", "RegistryAuth");
        host.docker("service", "rm", "mine").ok();

        host.docker("service", "create", "-d", "--name", "lost", "--restart-condition", "none", MIRROR + "/no/such:1")
                .ok();
        eventually(
                "the task says why it has no image",
                () -> host.docker("service", "ps", "--no-trunc", "--format", "{{.Error}}", "lost")
                        .ok(),
                error -> error.contains("No such image: " + MIRROR + "/no/such:1")
                        && error.contains("manifest unknown"));
        host.docker("service", "rm", "lost").ok();
    }

    @Test
    @Order(7)
    void savedImagesAreLoadedAgainUnderAllNames() {
        host.docker("pull", "busybox:test").ok();
        host.docker("tag", "busybox:test", "me/box:1").ok();
        String id = id("me/box:1");
        String archive = folder.resolve("saved.tar").toString();
        host.docker("save", "-o", archive, "busybox:test", "me/box:1").ok();
        assertThat(Host.machine("tar", "tf", archive).lines()).contains("oci-layout", "index.json", "manifest.json");
        eventually(
                "no container of a removed service uses the image",
                () -> host.docker("rmi", "-f", id).exitCode(),
                code -> code == 0);
        assertThat(host.docker("load", "-i", archive).ok())
                .contains("Loaded image: busybox:test", "Loaded image: me/box:1");
        assertThat(id("me/box:1")).isEqualTo(id);
    }

    @Test
    @Order(8)
    void rootFileSystemIsImportedWithChanges() {
        Path tar = folder.resolve("root.tar");
        String made = host.docker("create", "me/box:1").ok();
        host.docker("export", "-o", tar.toString(), made).ok();
        host.docker("rm", made).ok();
        String id = host.docker(
                        "import",
                        "-c",
                        "CMD [\"echo\",\"imported\"]",
                        "-c",
                        "ENV A=b",
                        "-m",
                        "from a test",
                        tar.toString(),
                        "me/imported:1")
                .ok();
        assertThat(id("me/imported:1")).isEqualTo(id);
        assertThat(host.docker("run", "--rm", "me/imported:1").ok()).isEqualTo("imported");
        assertThat(host.docker("history", "--format", "{{.Comment}}", "me/imported:1")
                        .ok())
                .isEqualTo("from a test");
    }

    @Test
    @Order(8)
    void rootFileSystemIsImportedFromAUrl() throws Exception {
        Process server = host.insideInBackground(
                folder.resolve("server.log"),
                "python3",
                "-m",
                "http.server",
                "-b",
                "127.0.0.1",
                "-d",
                folder.toString(),
                "5003");
        try {
            String url = "http://127.0.0.1:5003/root.tar";
            eventually(
                    "the server answers", () -> host.inside("curl", "-sfI", url).exitCode(), code -> code == 0);
            assertThat(host.docker("import", "-c", "CMD echo fetched", url, "me/fetched:1")
                            .ok())
                    .contains("Downloading from " + url);
            assertThat(host.docker("run", "--rm", "me/fetched:1").ok()).isEqualTo("fetched");
            assertThat(host.docker("import", url + ".gone").err()).contains("failed to GET", "404");
            host.docker("rmi", "me/fetched:1").ok();
        } finally {
            server.destroyForcibly().waitFor();
        }
    }

    @Test
    @Order(9)
    void imagesAreListedAndPrunedByFilter() {
        assertThat(host.docker("images", "--format", "{{.Repository}}", "--filter", "reference=me/*")
                        .lines())
                .contains("me/box", "me/imported");
        assertThat(host.docker("images", "-q", "--filter", "since=me/box:1").lines())
                .hasSize(1);
        host.docker("rmi", "--no-prune", "me/imported:1").ok();
        host.docker("pull", "-a", MIRROR + "/library/busybox").ok();
        assertThat(host.docker("image", "prune", "-f").ok()).contains("Total reclaimed space");
        assertThat(host.docker("image", "prune", "-af").ok()).contains("Deleted Images", "untagged: busybox:test");
        assertThat(host.docker("images", "-aq").ok()).isEmpty();
        eventually(
                "the node has dropped the content",
                () -> Host.machine(
                                "find", host.dataDir().resolve("images/blobs").toString(), "-type", "f")
                        .ok(),
                String::isEmpty);
    }

    @Test
    @Order(10)
    void searchWithoutAHubSaysWhoWasAsked() {
        Shell.Result search = host.docker("search", MIRROR + "/box");
        assertThat(search.exitCode()).isEqualTo(1);
        assertThat(search.err()).contains("no registry here offers search", MIRROR);
    }

    @Test
    @Order(11)
    void pullAndPushAreTold() {
        List<String> events = host.docker(
                        "events",
                        "--since",
                        "1h",
                        "--until",
                        "0s",
                        "--filter",
                        "type=image",
                        "--format",
                        "{{.Action}} {{.Actor.ID}}")
                .lines();
        assertThat(events)
                .contains("push " + MIRROR + "/library/busybox:test", "pull busybox:test")
                .anyMatch(event -> event.startsWith("load sha256:"))
                .anyMatch(event -> event.startsWith("import sha256:"))
                .anyMatch(event -> event.startsWith("save sha256:"))
                .anyMatch(event -> event.startsWith("untag sha256:"))
                .anyMatch(event -> event.startsWith("delete sha256:"));
    }
}
