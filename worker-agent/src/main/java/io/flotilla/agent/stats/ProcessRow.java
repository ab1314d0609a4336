package io.flotilla.agent.stats;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One process as proc_pid_stat(5) and its neighbours tell of it.
 *
 * @param state a letter, R, S, D ...
 * @param tty ? without a terminal
 * @param cpuMillis user and system time
 */
record ProcessRow(
        int pid,
        int ppid,
        int pgid,
        int sid,
        int uid,
        String state,
        String tty,
        long cpuMillis,
        Instant started,
        long virtualBytes,
        long residentBytes,
        int priority,
        int nice,
        int threads,
        String name,
        String command) {
    /** USER_HZ, which is 100 on every architecture Linux has had since 2.6 but alpha and ia64. */
    private static final long MILLIS_PER_TICK = 10;

    private static final long PAGE_BYTES = 4096;

    /** Empty when the process has ended. */
    static Optional<ProcessRow> read(Path proc, int pid, Instant boot) throws IOException {
        Path folder = proc.resolve(Integer.toString(pid));
        try {
            String stat = Files.readString(folder.resolve("stat"));
            byte[] commandLine = Files.readAllBytes(folder.resolve("cmdline"));
            int uid = effectiveUid(Files.readAllLines(folder.resolve("status")));
            return Optional.of(parse(pid, uid, stat, commandLine, boot));
        } catch (NoSuchFileException ended) {
            return Optional.empty();
        } catch (IOException ending) {
            // reading a process while it ends: ESRCH
            if (Files.exists(folder)) {
                throw ending;
            }
            return Optional.empty();
        }
    }

    private static int effectiveUid(List<String> status) throws IOException {
        for (String line : status) {
            if (line.startsWith("Uid:")) {
                return Integer.parseInt(line.split("\\s+")[2]);
            }
        }
        throw new IOException("a process's status has no Uid");
    }

    static ProcessRow parse(int pid, int uid, String stat, byte[] commandLine, Instant boot) {
        int nameEnd = stat.lastIndexOf(')');
        String name = stat.substring(stat.indexOf('(') + 1, nameEnd);
        // field n of the manual page is at n - 3
        String[] fields = stat.substring(nameEnd + 2).strip().split(" ");
        String command = new String(commandLine, StandardCharsets.UTF_8)
                .replace('\0', ' ')
                .strip();
        return new ProcessRow(
                pid,
                Integer.parseInt(fields[1]),
                Integer.parseInt(fields[2]),
                Integer.parseInt(fields[3]),
                uid,
                fields[0],
                tty(Integer.parseInt(fields[4])),
                (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * MILLIS_PER_TICK,
                boot.plusMillis(Long.parseLong(fields[19]) * MILLIS_PER_TICK),
                Long.parseLong(fields[20]),
                Long.parseLong(fields[21]) * PAGE_BYTES,
                Integer.parseInt(fields[15]),
                Integer.parseInt(fields[16]),
                Integer.parseInt(fields[17]),
                name,
                command.isEmpty() ? "[" + name + "]" : command);
    }

    private static String tty(int device) {
        int major = device >> 8 & 0xFFF;
        int minor = device & 0xFF | device >> 12 & 0xFFF00;
        if (major >= 136 && major <= 143) {
            return "pts/" + ((major - 136) * 256 + minor);
        }
        return major == 4 ? "tty" + minor : "?";
    }
}
