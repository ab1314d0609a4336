package io.flotilla.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * Names, paths and archives that are meant to lead elsewhere, sent to a whole instance: refused with a message, or carried
 * out inside of what they belong to; the host's files, what the engine has and its process stay as they were. {@code
 * -Dflotilla.hostile.seed} makes another run.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class HostileIT {
    private static final long SEED = Long.getLong("flotilla.hostile.seed", 1);
    private static final String CONTAINER_NAME = "/?[a-zA-Z0-9][a-zA-Z0-9_.-]+";
    private static final String JSON = "application/json";
    private static final int CALLS_BY_NAME = 200;
    private static final int CALLS_BY_PARAMETER = 120;

    /** As they stand in a request line. */
    private static final List<String> NAMES = List.of(
            "..",
            ".",
            "%2e%2e%2f",
            "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
            "../../etc/passwd",
            "//",
            "%00",
            "stopped%00",
            "a".repeat(5000),
            "%2F",
            "%5c..%5c",
            "%c0%ae%c0%ae%2f",
            "%ef%bc%8e%ef%bc%8e%ef%bc%8f",
            "%e2%80%a5",
            "stopped/../x",
            "%252e%252e%252f",
            "x%2f..%2f..",
            "...",
            "%2fetc%2fpasswd",
            "sha256:..%2f..",
            ".%00.",
            "-rf",
            "a%0ab",
            "%0d%0aX:y",
            "%zz");

    /** Of a text, in a parameter or in a body. */
    private static final List<String> TEXTS = List.of(
            "..",
            "../../etc/passwd",
            "/etc/passwd",
            "/etc/passwd/x",
            "a/../b",
            "./x",
            "\\..\\x",
            "x\0y",
            "/x\0y",
            "/" + "a".repeat(300),
            "/a".repeat(3000),
            "//",
            "\uFF0E\uFF0E\uFF0Fx",
            "/../..",
            "-rf",
            "x\ny",
            " ",
            "/proc/self/root/etc",
            "file:///etc/passwd",
            "%2e%2e",
            "sha256:../..",
            "\u202ex",
            ":",
            "a:b:c:d",
            "/dev/../etc",
            "container:..",
            "\uD83D\uDC33");

    private static final List<String> BY_NAME = List.of(
            "GET /containers/{}/json",
            "GET /containers/{}/logs?stdout=1",
            "GET /containers/{}/archive?path=/",
            "HEAD /containers/{}/archive?path=/",
            "PUT /containers/{}/archive?path=/",
            "POST /containers/{}/start",
            "POST /containers/{}/rename?name=x1",
            "DELETE /containers/{}",
            "GET /images/{}/json",
            "GET /images/{}/get",
            "DELETE /images/{}",
            "POST /images/{}/tag?repo=x&tag=y",
            "GET /volumes/{}",
            "DELETE /volumes/{}",
            "GET /networks/{}",
            "GET /secrets/{}",
            "DELETE /secrets/{}",
            "GET /configs/{}",
            "DELETE /configs/{}",
            "GET /nodes/{}",
            "GET /tasks/{}",
            "GET /services/{}",
            "DELETE /services/{}",
            "GET /exec/{}/json",
            "GET /explain/containers/{}");

    private static final List<String> BY_PARAMETER = List.of(
            "GET /containers/stopped/archive?path=",
            "HEAD /containers/running/archive?path=",
            "PUT /containers/running/archive?path=",
            "POST /containers/stopped/rename?name=",
            "POST /images/busybox/tag?tag=x&repo=",
            "POST /images/busybox/tag?repo=x&tag=",
            "POST /commit?container=stopped&repo=",
            "POST /commit?container=stopped&repo=x&tag=",
            "POST /commit?container=",
            "GET /images/get?names=",
            "POST /images/create?fromImage=",
            "POST /images/create?fromImage=x&tag=",
            "POST /images/create?fromSrc=-&repo=",
            "POST /containers/create?name=",
            "POST /containers/running/kill?signal=");

    /** Parts of a container's request, with @ for a text. */
    private static final List<String> CONTAINERS = List.of(
            "'HostConfig':{'Binds':['@:/x']}",
            "'HostConfig':{'Binds':['vol:@']}",
            "'HostConfig':{'Mounts':[{'Type':'volume','Source':'vol','Target':'@'}]}",
            "'HostConfig':{'Mounts':[{'Type':'volume','Source':'@','Target':'/x'}]}",
            "'HostConfig':{'Mounts':[{'Type':'volume','Source':'vol','Target':'/x','VolumeOptions':{'Subpath':'@'}}]}",
            "'HostConfig':{'Mounts':[{'Type':'bind','Source':'/nowhere@','Target':'/x'}]}",
            "'HostConfig':{'Tmpfs':{'@':''}}",
            "'HostConfig':{'VolumesFrom':['@']}",
            "'HostConfig':{'Links':['@']}",
            "'HostConfig':{'Links':['running:@']}",
            "'HostConfig':{'CgroupParent':'@'}",
            "'HostConfig':{'PidMode':'container:@'}",
            "'HostConfig':{'NetworkMode':'@'}",
            "'HostConfig':{'Devices':[{'PathOnHost':'/dev/null','PathInContainer':'@','CgroupPermissions':'r'}]}",
            "'HostConfig':{'Sysctls':{'@':'1'}}",
            "'HostConfig':{'Runtime':'@'}",
            "'WorkingDir':'@'",
            "'User':'@'",
            "'Hostname':'@'",
            "'Volumes':{'@':{}}",
            "'Image':'@'");

    private static final List<String> OBJECTS = List.of(
            "/volumes/create {'Name':'@'}",
            "/volumes/create {'Name':'made','Driver':'@'}",
            "/volumes/create {'Name':'made','DriverOpts':{'@':'x'}}",
            "/secrets/create {'Name':'@','Data':'eA=='}",
            "/configs/create {'Name':'@','Data':'eA=='}",
            "/services/create {'Name':'@','TaskTemplate':{'ContainerSpec':{'Image':'busybox'}},'Mode':{'Replicated':{'Replicas':0}}}");

    private final Random random = new Random(SEED);
    private final List<String> wrong = new ArrayList<>();
    private Host host;
    private Path outside;
    private long pid;
    private String before = "";

    private record Answer(int status, String body) {}

    @BeforeAll
    void up() throws IOException {
        outside = Files.createTempDirectory("flotilla-outside");
        Files.writeString(outside.resolve("keep"), "safe");
        host = Host.make("hos");
        host.flotilla("up", "--node-name", "web1").ok();
        host.load("busybox");
        host.docker("swarm", "init").ok();
        host.docker("volume", "create", "vol").ok();
        host.docker("create", "--name", "stopped", "busybox", "sleep", "1000").ok();
        host.docker("run", "-d", "--name", "running", "busybox", "sleep", "1000")
                .ok();
        pid = host.flotillaPid();
    }

    @AfterAll
    void down() throws IOException {
        host.close();
        Host.machine("rm", "-rf", outside.toString()).ok();
    }

    @BeforeEach
    void look() throws IOException {
        before = picture();
    }

    @AfterEach
    void nothingElseHasChanged() throws IOException {
        assertThat(wrong).as("seed %d", SEED).isEmpty();
        assertThat(picture()).as("seed %d", SEED).isEqualTo(before);
        assertThat(host.flotillaPid()).as("the process, seed %d", SEED).isEqualTo(pid);
    }

    /** What the engine has, and what the host's folders around it have. */
    private String picture() throws IOException {
        StringBuilder picture = new StringBuilder();
        for (String list : List.of("ps -aq", "volume ls -q", "network ls -q", "secret ls -q", "config ls -q")) {
            picture.append(
                    host.docker(list.split(" ")).lines().stream().sorted().toList());
        }
        picture.append(host.docker("service", "ls", "-q").lines())
                .append(host.docker("images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
                        .lines())
                .append(host.docker("ps", "-a", "--format", "{{.Names}} {{.State}}")
                        .lines());
        for (Path folder : List.of(outside, host.dataDir())) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.sorted().toList()) {
                    picture.append(file);
                }
            }
        }
        Map<String, Object> kept = Files.readAttributes(
                outside.resolve("keep"), "unix:mode,uid,nlink,ctime,size", LinkOption.NOFOLLOW_LINKS);
        return picture.append(kept).toString();
    }

    @Test
    void noNameInAPathLeadsAnywhere() throws IOException {
        for (int i = 0; i < CALLS_BY_NAME; i++) {
            String call = one(BY_NAME).replace("{}", one(NAMES));
            Answer answer = ask(call, "application/x-tar", new byte[0]);
            if (answer.status() != 301) {
                requireRefused(call, answer);
            }
        }
    }

    @Test
    void noParameterLeadsAnywhere() throws IOException {
        for (int i = 0; i < CALLS_BY_PARAMETER; i++) {
            String parameter = one(BY_PARAMETER);
            String text = one(TEXTS);
            if (parameter.endsWith("name=") && text.matches(CONTAINER_NAME)) {
                continue; // there is nothing wrong with it
            }
            String call = parameter + URLEncoder.encode(text, UTF_8);
            byte[] body = call.contains("/create?name")
                    ? text("{'Image':'busybox'}", "").getBytes(UTF_8)
                    : new byte[0];
            Answer answer = ask(call, call.startsWith("PUT") ? "application/x-tar" : JSON, body);
            // a path in a container is taken from its root, as far up as it leads
            if (!call.contains("archive?path=") || answer.status() != 200) {
                requireRefused(call, answer);
            }
        }
    }

    @Test
    void noTextOfAContainerLeadsOutOfIt() throws IOException {
        for (String container : CONTAINERS) {
            for (String text : some(6)) {
                String image = container.contains("'Image'") ? "" : "'Image':'busybox',";
                String body = text("{'Cmd':['true']," + image + container + "}", text);
                String call = "POST /containers/create?name=made";
                Answer made = ask(call, JSON, body.getBytes(UTF_8));
                if (made.status() == 201) {
                    Answer started = ask("POST /containers/made/start", JSON, new byte[0]);
                    if (started.status() != 204) {
                        requireRefused("start of " + body, started);
                    }
                    ask("DELETE /containers/made?force=1&v=1", JSON, new byte[0]);
                } else {
                    requireRefused(body, made);
                }
            }
        }
    }

    @Test
    void noTextOfAnObjectLeadsOutOfIt() throws IOException {
        for (String object : OBJECTS) {
            String[] parts = object.split(" ", 2);
            for (String text : TEXTS) {
                String body = text(parts[1], text);
                requireRefused(body, ask("POST " + parts[0], JSON, body.getBytes(UTF_8)));
            }
        }
    }

    @Test
    void noArchiveLeavesWhereItIsUnpacked() throws IOException {
        for (Map.Entry<String, byte[]> archive : HostileArchives.all(outside).entrySet()) {
            for (String call : List.of(
                    "PUT /containers/stopped/archive?path=/tmp",
                    "PUT /containers/running/archive?path=/",
                    "POST /images/load",
                    "POST /images/create?fromSrc=-&repo=imported",
                    "POST /build")) {
                Answer answer = ask(call, "application/x-tar", archive.getValue());
                boolean notBuilt = call.endsWith("/build") && answer.status() == 501;
                if (answer.status() != 200 && !notBuilt) {
                    requireRefused(archive.getKey() + " to " + call, answer);
                }
                if (call.endsWith("/load") && !answer.body().contains("\"error\"")) {
                    wrong.add(archive.getKey() + " was loaded: " + answer);
                }
            }
            host.docker("rmi", "-f", "imported");
        }
    }

    private void requireRefused(String what, Answer answer) {
        boolean head = what.startsWith("HEAD ");
        boolean refused = answer.status() >= 400 && answer.status() < 500;
        if (!refused || !head && !answer.body().startsWith("{\"message\":\"")) {
            wrong.add("%.300s\n-> %s".formatted(what, answer));
        }
    }

    private String one(List<String> all) {
        return all.get(random.nextInt(all.size()));
    }

    private List<String> some(int count) {
        return Stream.generate(() -> one(TEXTS)).distinct().limit(count).toList();
    }

    /** JSON of a template. */
    private static String text(String template, String text) {
        return template.replace('\'', '"').replace("@", escaped(text));
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        text.chars().forEach(c -> {
            if (c < ' ' || c == '"' || c == '\\') {
                escaped.append("\\u%04x".formatted(c));
            } else {
                escaped.append((char) c);
            }
        });
        return escaped.toString();
    }

    private Answer ask(String call, String contentType, byte[] body) throws IOException {
        try (EngineSocket socket = new EngineSocket(host.dataDir().resolve("flotilla.sock"))) {
            socket.send(
                    call,
                    "Connection: close\r\nContent-Type: " + contentType + "\r\nContent-Length: " + body.length
                            + "\r\n");
            sendUnlessAnswered(socket, body);
            String head = socket.head();
            return new Answer(Integer.parseInt(head.split(" ", 3)[1]), content(head, socket.rest()));
        }
    }

    /** Who refuses an upload closes it before its end. */
    private static void sendUnlessAnswered(EngineSocket socket, byte[] body) {
        try {
            socket.send(body);
        } catch (IOException closed) {
            assertThat(closed).hasMessageMatching("(?i).*(broken pipe|reset).*");
        }
    }

    /** The first chunk of one in chunks: it tells what it is. */
    private static String content(String head, String rest) {
        return head.toLowerCase(java.util.Locale.ROOT).contains("transfer-encoding: chunked")
                ? rest.substring(rest.indexOf('\n') + 1)
                : rest;
    }
}
