package io.flotilla.agent.reconcile;

import io.flotilla.agent.runtime.RunningProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** When a process was started, which tells it from a later one of the same pid: proc_pid_stat(5), field 22. */
final class StartTime {
    private static final int FIELDS_AFTER_NAME = 22 - 2;

    private StartTime() {}

    static Optional<RunningProcess> of(int pid) throws IOException {
        String stat;
        try {
            stat = Files.readString(Path.of("/proc", Integer.toString(pid), "stat"));
        } catch (NoSuchFileException ended) {
            return Optional.empty();
        }
        // the name is in parentheses and may hold blanks and parentheses itself
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Optional.of(new RunningProcess(pid, Long.parseLong(fields[FIELDS_AFTER_NAME - 1])));
    }
}
