package io.flotilla.agent.container;

import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/** Signal names and numbers, signal(7), as they are on x86-64 and aarch64. */
public final class Signals {
    public static final int SIGKILL = 9;
    public static final int SIGTERM = 15;

    private static final int REALTIME_MIN = 34;
    private static final int REALTIME_MAX = 64;
    private static final List<String> NAMES = List.of(
            "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
            "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM",
            "PROF", "WINCH", "IO", "PWR", "SYS");

    private Signals() {}

    /** @param text a number, or a name with or without SIG, in any case; empty answers no signal. */
    public static OptionalInt parse(String text) {
        String name = text.toUpperCase(Locale.ROOT);
        if (name.matches("[0-9]{1,3}")) {
            int number = Integer.parseInt(name);
            return number >= 1 && number <= REALTIME_MAX ? OptionalInt.of(number) : OptionalInt.empty();
        }
        String bare = name.startsWith("SIG") ? name.substring(3) : name;
        int index = bare.isEmpty() ? -1 : NAMES.indexOf(bare);
        if (index > 0) {
            return OptionalInt.of(index);
        }
        return realtime(bare);
    }

    private static OptionalInt realtime(String name) {
        if (name.equals("POLL")) {
            return OptionalInt.of(NAMES.indexOf("IO"));
        }
        if (name.equals("RTMIN")) {
            return OptionalInt.of(REALTIME_MIN);
        }
        if (name.equals("RTMAX")) {
            return OptionalInt.of(REALTIME_MAX);
        }
        if (name.matches("RTMIN\\+[0-9]{1,2}")) {
            int number = REALTIME_MIN + Integer.parseInt(name.substring(6));
            return number <= REALTIME_MAX ? OptionalInt.of(number) : OptionalInt.empty();
        }
        if (name.matches("RTMAX-[0-9]{1,2}")) {
            int number = REALTIME_MAX - Integer.parseInt(name.substring(6));
            return number >= REALTIME_MIN ? OptionalInt.of(number) : OptionalInt.empty();
        }
        return OptionalInt.empty();
    }
}
