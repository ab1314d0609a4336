package io.flotilla.agent.stats;

import io.flotilla.bus.schema.ContainerTopResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * docker top: the columns of ps(1) for a container's processes, read from /proc, for nothing is forked here. Knows the formats
 * {@code -ef}, {@code -f}, {@code aux} and lists of columns with {@code -o}.
 */
public final class ProcessTable {
    private static final List<String> FULL = List.of("uname", "pid", "ppid", "c", "stime", "tty", "time", "cmd");
    private static final List<String> USER =
            List.of("user", "pid", "%cpu", "%mem", "vsz", "rss", "tty", "stat", "start", "time", "command");

    private final Path proc;
    private final InstantSource clock;
    private final Map<Integer, String> userNames;
    private final Map<String, Column> columns = new LinkedHashMap<>();

    private record Column(String title, Function<ProcessRow, String> value) {}

    /** An option of ps that is not one of those above. */
    public static final class UnsupportedOption extends Exception {
        private static final long serialVersionUID = 1L;

        UnsupportedOption(String option) {
            super("unsupported ps option: " + option);
        }
    }

    /** @throws IOException when /etc/passwd can't be read, for users' names */
    public ProcessTable(InstantSource clock, long memoryBytes) throws IOException {
        this(Path.of("/proc"), Path.of("/etc/passwd"), clock, memoryBytes);
    }

    ProcessTable(Path proc, Path passwd, InstantSource clock, long memoryBytes) throws IOException {
        this.userNames = userNames(passwd);
        this.proc = proc;
        this.clock = clock;
        column("uid", "UID", row -> Integer.toString(row.uid()));
        column("uname", "UID", this::userName);
        column("user", "USER", this::userName);
        column("pid", "PID", row -> Integer.toString(row.pid()));
        column("ppid", "PPID", row -> Integer.toString(row.ppid()));
        column("pgid", "PGID", row -> Integer.toString(row.pgid()));
        column("sid", "SID", row -> Integer.toString(row.sid()));
        column("c", "C", row -> Long.toString(Math.round(Math.floor(cpuPercent(row)))));
        column("%cpu", "%CPU", row -> String.format(Locale.ROOT, "%.1f", cpuPercent(row)));
        column("%mem", "%MEM", row -> String.format(Locale.ROOT, "%.1f", 100.0 * row.residentBytes() / memoryBytes));
        column("vsz", "VSZ", row -> Long.toString(row.virtualBytes() / 1024));
        column("rss", "RSS", row -> Long.toString(row.residentBytes() / 1024));
        column("stime", "STIME", row -> startTime(row.started()));
        column("start", "START", row -> startTime(row.started()));
        column("tty", "TTY", ProcessRow::tty);
        column("stat", "STAT", ProcessRow::state);
        column("state", "S", ProcessRow::state);
        column("time", "TIME", row -> cpuTime(row.cpuMillis()));
        column("etime", "ELAPSED", row -> elapsed(Duration.between(row.started(), clock.instant())));
        column("pri", "PRI", row -> Integer.toString(39 - row.priority()));
        column("ni", "NI", row -> Integer.toString(row.nice()));
        column("nlwp", "NLWP", row -> Integer.toString(row.threads()));
        column("comm", "COMMAND", ProcessRow::name);
        column("cmd", "CMD", ProcessRow::command);
        column("command", "COMMAND", ProcessRow::command);
        column("args", "COMMAND", ProcessRow::command);
        alias("pcpu", "%cpu");
        alias("pmem", "%mem");
        alias("vsize", "vsz");
        alias("rssize", "rss");
        alias("s", "state");
        alias("tt", "tty");
        alias("tname", "tty");
        alias("nice", "ni");
        alias("ucmd", "comm");
        alias("euid", "uid");
        alias("euser", "user");
    }

    private void column(String name, String title, Function<ProcessRow, String> value) {
        columns.put(name, new Column(title, value));
    }

    private void alias(String name, String of) {
        Column column = columns.get(of);
        if (column == null) {
            throw new IllegalStateException("no column " + of);
        }
        columns.put(name, column);
    }

    /** @param psArgs as a user gives them to ps, empty for Docker's -ef */
    public ContainerTopResponse top(List<Integer> pids, String psArgs) throws IOException, UnsupportedOption {
        List<Column> wanted = wanted(psArgs);
        Instant boot = boot();
        List<List<String>> rows = new ArrayList<>();
        for (int pid : pids) {
            Optional<ProcessRow> row = ProcessRow.read(proc, pid, boot);
            row.ifPresent(process -> rows.add(
                    wanted.stream().map(column -> column.value().apply(process)).toList()));
        }
        return new ContainerTopResponse(wanted.stream().map(Column::title).toList(), rows);
    }

    private List<Column> wanted(String psArgs) throws UnsupportedOption {
        String[] words =
                psArgs.isBlank() ? new String[] {"-ef"} : psArgs.strip().split("\\s+");
        List<Column> wanted = new ArrayList<>();
        List<String> format = List.of();
        for (int i = 0; i < words.length; i++) {
            String word = words[i];
            if (word.matches("-[eA]*f[eA]*")) {
                format = FULL;
            } else if (word.matches("-?(aux|axu|uax|uxa|u)")) {
                format = USER;
            } else if (word.matches("-?[eAax]*o") && i + 1 < words.length) {
                i++;
                named(words[i], wanted);
            } else if (word.matches("-[eA]*o.+")) {
                named(word.substring(word.indexOf('o') + 1), wanted);
            } else if (!word.matches("-[eA]+|ax|x|a")) {
                throw new UnsupportedOption(word);
            }
        }
        if (wanted.isEmpty()) {
            named(String.join(",", format.isEmpty() ? List.of("pid", "tty", "time", "comm") : format), wanted);
        }
        return wanted;
    }

    /** Names after -o, each perhaps with a title of its own: pid,comm=NAME. */
    private void named(String list, List<Column> into) throws UnsupportedOption {
        for (String name : list.split(",")) {
            int equals = name.indexOf('=');
            Column column = columns.get((equals < 0 ? name : name.substring(0, equals)).toLowerCase(Locale.ROOT));
            if (column == null) {
                throw new UnsupportedOption("-o " + name);
            }
            into.add(equals < 0 ? column : new Column(name.substring(equals + 1), column.value()));
        }
    }

    /** As the host knows the user: ps runs outside the container. */
    private String userName(ProcessRow row) {
        return userNames.getOrDefault(row.uid(), Integer.toString(row.uid()));
    }

    private static Map<Integer, String> userNames(Path passwd) throws IOException {
        Map<Integer, String> names = new HashMap<>();
        for (String line : Files.exists(passwd) ? Files.readAllLines(passwd) : List.<String>of()) {
            String[] fields = line.split(":");
            if (fields.length > 2 && fields[2].matches("[0-9]{1,9}")) {
                names.putIfAbsent(Integer.parseInt(fields[2]), fields[0]);
            }
        }
        return names;
    }

    private double cpuPercent(ProcessRow row) {
        long lifetimeMs =
                Math.max(1, Duration.between(row.started(), clock.instant()).toMillis());
        return 100.0 * row.cpuMillis() / lifetimeMs;
    }

    private String startTime(Instant started) {
        LocalDateTime time = LocalDateTime.ofInstant(started, ZoneId.systemDefault());
        boolean today = Duration.between(started, clock.instant()).compareTo(Duration.ofDays(1)) < 0;
        return time.format(DateTimeFormatter.ofPattern(today ? "HH:mm" : "MMMdd", Locale.ROOT));
    }

    private static String cpuTime(long millis) {
        long seconds = millis / 1000;
        return String.format(Locale.ROOT, "%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }

    private static String elapsed(Duration time) {
        long seconds = Math.max(0, time.toSeconds());
        String clock = String.format(Locale.ROOT, "%02d:%02d", seconds / 60 % 60, seconds % 60);
        long hours = seconds / 3600;
        if (hours == 0) {
            return clock;
        }
        String withHours = String.format(Locale.ROOT, "%02d:%s", hours % 24, clock);
        return hours < 24 ? withHours : hours / 24 + "-" + withHours;
    }

    private Instant boot() throws IOException {
        for (String line : Files.readAllLines(proc.resolve("stat"))) {
            if (line.startsWith("btime ")) {
                return Instant.ofEpochSecond(Long.parseLong(line.substring(6).strip()));
            }
        }
        throw new IOException(proc + "/stat has no btime");
    }
}
