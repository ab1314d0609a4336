package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.linux.syscall.ExitStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What {@code /proc/PID/stat} (proc_pid_stat(5)) tells of a process.
 *
 * @param exitStatus present once it is a zombie
 */
record ProcessStat(long startTimeTicks, Optional<ExitStatus> exitStatus) {
    // indexes after the command's closing bracket, which is field 2
    private static final int STATE = 3 - 3;
    private static final int START_TIME = 22 - 3;
    private static final int EXIT_CODE = 52 - 3;

    /** Empty when there is no such process. */
    static Optional<ProcessStat> read(int pid) throws IOException {
        String line;
        try {
            line = Files.readString(Path.of("/proc/" + pid + "/stat"));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            // it went away between open and read: ESRCH, for which java.nio has no exception
            if (Files.notExists(Path.of("/proc/" + pid))) {
                return Optional.empty();
            }
            throw e;
        }
        return Optional.of(parse(line));
    }

    static ProcessStat parse(String line) {
        String[] fields = line.substring(line.lastIndexOf(')') + 1).strip().split(" ");
        boolean ended = fields[STATE].equals("Z") || fields[STATE].equals("X");
        return new ProcessStat(
                Long.parseLong(fields[START_TIME]),
                ended ? Optional.of(ExitStatus.ofWaitStatus(Integer.parseInt(fields[EXIT_CODE]))) : Optional.empty());
    }
}
