package io.flotilla.agent.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.bus.schema.ContainerTopResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessTableTest {
    private static final long BOOT = 1_700_000_000L;

    private ProcessTable table;

    @BeforeEach
    void prepare(@TempDir Path proc) throws Exception {
        Files.writeString(proc.resolve("stat"), "cpu 1 2\nbtime " + BOOT + "\n");
        Path folder = Files.createDirectories(proc.resolve("42"));
        // user and system time 150 + 50 ticks, started 1000 ticks after boot
        Files.writeString(
                folder.resolve("stat"),
                "42 (a (b) c) S 7 42 42 34816 42 0 0 0 0 0 150 50 0 0 20 0 3 0 1000 2048000 256 0\n");
        Files.write(folder.resolve("cmdline"), "serve\0--all\0".getBytes(StandardCharsets.UTF_8));
        Files.writeString(folder.resolve("status"), "Name:\ta\nUid:\t1000\t33\t33\t33\n");
        Path passwd = Files.writeString(proc.resolve("passwd"), "root:x:0:0::/:\nwww-data:x:33:33::/:\n");
        table = new ProcessTable(proc, passwd, () -> Instant.ofEpochSecond(BOOT + 30), 1 << 30);
    }

    @Test
    void columnsAreThoseOfPs() throws Exception {
        ContainerTopResponse top = table.top(List.of(42, 99), "");
        assertThat(top.titles()).containsExactly("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD");
        assertThat(top.processes()).hasSize(1);
        assertThat(top.processes().getFirst().subList(0, 4)).containsExactly("www-data", "42", "7", "10");
        assertThat(top.processes().getFirst().subList(5, 8)).containsExactly("pts/0", "00:00:02", "serve --all");
    }

    @Test
    void listOfColumnsIsHonoured() throws Exception {
        ContainerTopResponse top = table.top(List.of(42), "-o pid,comm=NAME,rss -o vsz");
        assertThat(top.titles()).containsExactly("PID", "NAME", "RSS", "VSZ");
        assertThat(top.processes()).containsExactly(List.of("42", "a (b) c", "1024", "2000"));
        assertThat(table.top(List.of(42), "aux").titles()).startsWith("USER", "PID", "%CPU");
    }

    @Test
    void whatIsNotKnownIsRefusedByName() {
        assertThatThrownBy(() -> table.top(List.of(42), "-o pid,secret"))
                .hasMessage("unsupported ps option: -o secret");
        assertThatThrownBy(() -> table.top(List.of(42), "--forest")).hasMessage("unsupported ps option: --forest");
    }
}
