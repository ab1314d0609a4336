package io.flotilla.agent.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.bus.codec.Codec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerLogTest {
    private static final Instant TIME = Instant.parse("2026-01-02T03:04:05.120Z");
    private static final LogOptions PLAIN = new LogOptions(true, 0, 1, Map.of());
    private static final LogQuery ALL = new LogQuery(0, 0, -1, false);

    private Path file;
    private Instant now = TIME;
    private final InstantSource clock = () -> now;

    @BeforeEach
    void prepare(@TempDir Path folder) {
        file = folder.resolve("c-json.log");
    }

    private static void write(ContainerLog log, String text) {
        log.write(Stream.STDOUT, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<String> read(LogReader reader) throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        try (reader) {
            for (LogEntry entry = reader.next(); entry != null; entry = reader.next()) {
                lines.add(new String(entry.line(), StandardCharsets.UTF_8));
            }
        }
        return lines;
    }

    @Test
    void fileIsWhatDockersJsonFileDriverWrites() throws Exception {
        try (ContainerLog log = ContainerLog.open(file, PLAIN, clock)) {
            write(log, "a \"quoted\" <b>&amp\ttab é\n");
            log.write(Stream.STDERR, ByteBuffer.wrap(new byte[] {'x', (byte) 0xFF, '\n'}));
        }
        assertThat(Files.readString(file))
                .isEqualTo(
                        "{\"log\":\"a \\\"quoted\\\" \\u003cb\\u003e\\u0026amp\\u0009tab é\\n\",\"stream\":\"stdout\","
                                + "\"time\":\"2026-01-02T03:04:05.12Z\"}\n"
                                + "{\"log\":\"x\\ufffd\\n\",\"stream\":\"stderr\",\"time\":\"2026-01-02T03:04:05.12Z\"}\n");
    }

    @Test
    void lineIsKeptWholeThoughItComesInParts() throws Exception {
        try (ContainerLog log = ContainerLog.open(file, PLAIN, clock)) {
            byte[] text = "né\nrest".getBytes(StandardCharsets.UTF_8);
            for (byte b : text) {
                log.write(Stream.STDOUT, ByteBuffer.wrap(new byte[] {b}));
            }
            assertThat(read(log.read(ALL))).containsExactly("né\n");
        }
        assertThat(read(ContainerLog.ended(file, PLAIN).read(ALL))).containsExactly("né\n", "rest");
    }

    @Test
    void longLineIsKeptInPartsOf16KiBWithoutNewline() throws Exception {
        try (ContainerLog log = ContainerLog.open(file, PLAIN, clock)) {
            write(log, "x".repeat(40_000) + "\n");
            List<String> lines = read(log.read(ALL));
            assertThat(lines).extracting(String::length).containsExactly(16_384, 16_384, 40_001 - 2 * 16_384);
            assertThat(String.join("", lines)).isEqualTo("x".repeat(40_000) + "\n");
        }
    }

    @Test
    void rotationKeepsAsManyFilesAsAllowedAndReadsThemInOrder() throws Exception {
        LogOptions options = new LogOptions(true, 1000, 3, Map.of());
        try (ContainerLog log = ContainerLog.open(file, options, clock)) {
            for (int i = 0; i < 100; i++) {
                write(log, "line " + i + "\n");
            }
            List<String> lines = read(log.read(ALL));
            assertThat(lines).endsWith("line 98\n", "line 99\n").hasSizeBetween(20, 60);
            assertThat(lines.getFirst()).isEqualTo("line " + (100 - lines.size()) + "\n");
            assertThat(read(log.read(new LogQuery(0, 0, 25, false)))).hasSize(Math.min(25, lines.size()));
        }
        assertThat(file.resolveSibling("c-json.log.2")).exists();
        assertThat(file.resolveSibling("c-json.log.3")).doesNotExist();
    }

    @Test
    void tailGivesTheLastLines() throws Exception {
        try (ContainerLog log = ContainerLog.open(file, PLAIN, clock)) {
            for (int i = 0; i < 5000; i++) {
                write(log, "line " + i + "\n");
            }
            assertThat(read(log.read(new LogQuery(0, 0, 2, false)))).containsExactly("line 4998\n", "line 4999\n");
            assertThat(read(log.read(new LogQuery(0, 0, 0, false)))).isEmpty();
            assertThat(read(log.read(new LogQuery(0, 0, 9999, false)))).hasSize(5000);
        }
    }

    @Test
    void sinceAndUntilBoundTheTimes() throws Exception {
        try (ContainerLog log = ContainerLog.open(file, PLAIN, clock)) {
            for (int i = 0; i < 10; i++) {
                now = TIME.plusSeconds(i);
                write(log, i + "\n");
            }
            long base = TIME.getEpochSecond() * 1_000_000_000L + TIME.getNano();
            LogQuery query = new LogQuery(base + 3_000_000_000L, base + 5_000_000_000L, -1, false);
            assertThat(read(log.read(query))).containsExactly("3\n", "4\n", "5\n");
        }
    }

    @Test
    void followerGetsEveryLineThroughRotationsUntilTheContainerEnds() throws Exception {
        LogOptions options = new LogOptions(true, 2000, 1000, Map.of());
        ContainerLog log = ContainerLog.open(file, options, clock);
        CompletableFuture<List<String>> followed = new CompletableFuture<>();
        Thread follower = Thread.ofVirtual().start(() -> {
            try {
                followed.complete(read(log.read(new LogQuery(0, 0, -1, true))));
            } catch (IOException | InterruptedException | LogRefused e) {
                followed.completeExceptionally(e);
            }
        });
        for (int i = 0; i < 3000; i++) {
            write(log, "line " + i + "\n");
        }
        log.close();
        List<String> lines = followed.get(20, TimeUnit.SECONDS);
        assertThat(lines).hasSize(3000).endsWith("line 2999\n");
        assertThat(follower.join(Duration.ofSeconds(5))).isTrue();
    }

    @Test
    void followerThatReadsLaterThanRotationRemovesLosesNothing() throws Exception {
        for (int maxFiles : List.of(1, 2)) {
            Path each = file.resolveSibling("held-" + maxFiles);
            ContainerLogs logs = new ContainerLogs(clock);
            LogOptions options = new LogOptions(true, 1000, maxFiles, Map.of());
            ContainerLog log = logs.open("c", each, options);
            write(log, "line 0\n");
            LogReader follower = log.read(new LogQuery(0, 0, -1, true));
            for (int i = 1; i < 500; i++) {
                write(log, "line " + i + "\n");
                if (i == 200) {
                    assertThat(text(follower.next())).isEqualTo("line 0\n");
                }
            }
            // all the files go before the follower reads on
            logs.remove("c", each);
            assertThat(read(follower)).hasSize(499).startsWith("line 1\n").endsWith("line 499\n");
        }
        assertThat(openLogs()).isEmpty();
    }

    @Test
    void followerFarBehindGoesOnWithWhatIsHeldAndKept() throws Exception {
        LogOptions options = new LogOptions(true, 1000, 2, Map.of());
        try (ContainerLog log = ContainerLog.open(file, options, clock, 3000)) {
            LogReader follower = log.read(new LogQuery(0, 0, -1, true));
            LogReader gone = log.read(new LogQuery(0, 0, -1, true));
            for (int i = 0; i < 500; i++) {
                write(log, "line " + i + "\n");
            }
            assertThat(openLogs()).hasSizeBetween(6, 11);
            gone.close();
            log.close();
            List<String> lines = read(follower);
            // the file it had open, then a gap, then three held and two kept without another
            assertThat(lines).startsWith("line 0\n", "line 1\n").endsWith("line 499\n");
            int first = lines.indexOf("line 499\n");
            while (first > 0 && number(lines.get(first - 1)) == number(lines.get(first)) - 1) {
                first--;
            }
            assertThat(lines.size() - first).isGreaterThan(30);
            assertThat(first).isLessThan(20);
        }
        assertThat(openLogs()).isEmpty();
    }

    private static int number(String line) {
        return Integer.parseInt(line.substring("line ".length()).strip());
    }

    /** Descriptors of this process in the test's folder. */
    private List<String> openLogs() throws IOException {
        List<String> open = new ArrayList<>();
        try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                if (Files.isSymbolicLink(descriptor)) {
                    open.add(Files.readSymbolicLink(descriptor).toString());
                }
            }
        }
        open.removeIf(target -> !target.startsWith(file.getParent() + "/"));
        return open;
    }

    @Test
    void tornLastLineOfACrashIsCutOff() throws Exception {
        try (ContainerLog log = ContainerLog.open(file, PLAIN, clock)) {
            write(log, "one\n");
        }
        Files.writeString(file, "{\"log\":\"tw", StandardOpenOption.APPEND);
        try (ContainerLog log = ContainerLog.open(file, PLAIN, clock)) {
            write(log, "three\n");
            assertThat(read(log.read(ALL))).containsExactly("one\n", "three\n");
        }
    }

    @Test
    void attributesOfLabelsAndEnvironmentAreKeptWithEachLine() throws Exception {
        LogOptions options = LogOptions.parse(
                "json-file", Map.of("labels", "tier", "env", "COLOUR"), Map.of("tier", "web"), List.of("COLOUR=blue"));
        try (ContainerLog log = ContainerLog.open(file, options, clock)) {
            write(log, "x\n");
            try (LogReader reader = log.read(ALL)) {
                LogEntry entry = reader.next();
                assertThat(entry).isNotNull();
                assertThat(entry == null ? Map.of() : entry.attributes())
                        .isEqualTo(Map.of("tier", "web", "COLOUR", "blue"));
            }
        }
    }

    @Test
    void optionsThatAreNotHonouredAreRefused() {
        assertThatThrownBy(() -> LogOptions.parse("syslog", Map.of(), Map.of(), List.of()))
                .hasMessage("logger: no log driver named 'syslog' is registered");
        assertThatThrownBy(() -> LogOptions.parse("json-file", Map.of("colour", "x"), Map.of(), List.of()))
                .hasMessage("unknown log opt 'colour' for json-file log driver");
        assertThatThrownBy(() -> LogOptions.parse("json-file", Map.of("max-size", "ten"), Map.of(), List.of()))
                .hasMessageContaining("invalid size");
    }

    @Property(tries = 300)
    void linesOfAnyBytesAreValidJsonAndReadBack(@ForAll @Size(max = 200) byte[] bytes) throws IOException {
        LineEncoder encoder = new LineEncoder(Map.of());
        encoder.append(Stream.STDERR, TIME, new byte[0], 0, bytes, 0, bytes.length);
        byte[] line = Arrays.copyOf(encoder.buffer(), encoder.length() - 1);
        String expected = Codec.JSON.mapper().readTree(line).path("log").asText();
        LogEntry entry = new LineDecoder().decode(line, 0, line.length);
        assertThat(text(entry)).isEqualTo(expected);
    }

    private static @Nullable String text(@Nullable LogEntry entry) {
        return entry == null ? null : new String(entry.line(), StandardCharsets.UTF_8);
    }
}
