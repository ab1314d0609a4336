package io.flotilla.manager.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a kill in the middle of a write leaves in the log, made by taking bytes from the end of what was written. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TornEntryTest {
    private static final int LARGE_BYTES = 300_000;
    private static final String LARGE = "x".repeat(LARGE_BYTES);

    private Path dir;
    private Member self;

    @BeforeEach
    void writeALog(@TempDir Path folder) throws Exception {
        dir = folder;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            self = new Member("m1", "127.0.0.1:" + socket.getLocalPort());
        }
        RatisLog log = start(new RecordingStateMachine());
        for (String entry : List.of("one", "two", LARGE)) {
            log.propose(entry.getBytes(StandardCharsets.UTF_8)).get(20, TimeUnit.SECONDS);
        }
        log.close();
    }

    private RatisLog start(RecordingStateMachine machine) throws IOException {
        RatisLog log = RatisLog.start(
                new RatisConfig("torn", self, dir, List.of(self), 1_000, Duration.ofMillis(300)), machine);
        while (!log.isLeader()) {
            LockSupport.parkNanos(2_000_000);
        }
        return log;
    }

    /** With the log's last entry as though only its first so many thousandths had been written. */
    private Path tear(int permille) throws IOException {
        Path segment = segment();
        byte[] content = Files.readAllBytes(segment);
        int from = large(content) + LARGE_BYTES / 1000 * permille;
        Arrays.fill(content, from, content.length, (byte) 0);
        Files.write(segment, content);
        return segment;
    }

    /** Where the data of the large entry begin. */
    private static int large(byte[] content) {
        return new String(content, StandardCharsets.ISO_8859_1).indexOf("xxxxxxxxxxxxxxxx");
    }

    // closing ends a segment; a kill leaves it open, which only its name says
    private Path segment() throws IOException {
        try (Stream<Path> files = Files.walk(dir)) {
            Path written = files.filter(file -> {
                        String name = String.valueOf(file.getFileName());
                        return name.startsWith("log_") && contains(file, "xxxxxxxxxxxxxxxx");
                    })
                    .findFirst()
                    .orElseThrow();
            String first = String.valueOf(written.getFileName()).split("[_-]")[1];
            if (first.equals("inprogress")) {
                return written;
            }
            return Files.move(written, written.resolveSibling("log_inprogress_" + first));
        }
    }

    private static boolean contains(Path file, String text) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void entryWrittenInPartIsCutOffAndTheRestIsThere() throws Exception {
        for (int permille : new int[] {1000, 500, 1}) {
            assertThat(TornEntry.find(tear(permille)))
                    .as("torn at %d", permille)
                    .isPresent();
        }
        RecordingStateMachine machine = new RecordingStateMachine();
        RatisLog log = start(machine);
        Long index = log.propose("three".getBytes(StandardCharsets.UTF_8)).get(20, TimeUnit.SECONDS);
        assertThat(index).isPositive();
        assertThat(machine.texts()).containsExactly("one", "two", "three");
        log.close();
    }

    @Test
    void wholeLogHasNoTornEntry() throws Exception {
        assertThat(TornEntry.find(segment())).isEmpty();
        RecordingStateMachine machine = new RecordingStateMachine();
        RatisLog log = start(machine);
        assertThat(machine.texts()).containsExactly("one", "two", LARGE);
        log.close();
    }

    @Test
    void damageIsLeftForTheLogToRefuse() throws Exception {
        Path segment = segment();
        byte[] content = Files.readAllBytes(segment);
        content[large(content) + 1000] ^= 1;
        Files.write(segment, content);
        assertThat(TornEntry.find(segment)).isEmpty();
        assertThatThrownBy(() -> start(new RecordingStateMachine())).hasStackTraceContaining("Log entry corrupted");
    }

    @Test
    void sizeThatTakesInLaterEntriesIsDamage() throws Exception {
        Path segment = segment();
        byte[] content = Files.readAllBytes(segment);
        // of "two": as though it went on far into the zeros behind the large one
        int two = new String(content, StandardCharsets.ISO_8859_1).indexOf("two");
        int length = two;
        while (!sizeOfRest(content, length, two)) {
            length--;
        }
        byte[] damaged = new byte[content.length + 2];
        System.arraycopy(content, 0, damaged, 0, length);
        damaged[length] = (byte) (0x80 | 0x20);
        damaged[length + 1] = (byte) (0x80 | 0x40);
        damaged[length + 2] = 0x18;
        System.arraycopy(content, length + 1, damaged, length + 3, content.length - length - 1);
        Files.write(segment, damaged);
        assertThat(TornEntry.find(segment)).isEmpty();
    }

    /** Whether the byte is the size of an entry that ends a little behind a place. */
    private static boolean sizeOfRest(byte[] content, int at, int place) {
        int end = at + 1 + content[at];
        return content[at] > 10 && end >= place + 3 && end < place + 24 && content[at + 1] == 0x08;
    }
}
