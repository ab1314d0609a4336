package io.flotilla.manager.orchestrator.cron;

import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/**
 * One field of a schedule.
 *
 * @param values it matches
 * @param any it names none: an asterisk, also with a step
 */
record CronField(BitSet values, boolean any) {

    /** What a field may hold. @param names of its values, the first that of the least; none when it has no names */
    enum Kind {
        MINUTE("minute", 0, 59, List.of()),
        HOUR("hour", 0, 23, List.of()),
        DAY("day of month", 1, 31, List.of()),
        MONTH(
                "month",
                1,
                12,
                List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
        /** 7 is Sunday as well as 0. */
        WEEKDAY("day of week", 0, 7, List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat"));

        private final String words;
        private final int least;
        private final int most;
        private final List<String> names;

        Kind(String words, int least, int most, List<String> names) {
            this.words = words;
            this.least = least;
            this.most = most;
            this.names = names;
        }
    }

    boolean matches(int value) {
        return values.get(value);
    }

    static CronField parse(Kind kind, String text) throws CronInvalid {
        BitSet values = new BitSet();
        for (String item : text.split(",", -1)) {
            add(kind, item, values);
        }
        if (kind == Kind.WEEKDAY && values.get(7)) {
            values.set(0);
        }
        return new CronField(values, text.startsWith("*") || text.startsWith("?"));
    }

    /** N, N-M, *, and each with a step. */
    private static void add(Kind kind, String item, BitSet values) throws CronInvalid {
        String[] stepped = item.split("/", 2);
        String[] range = stepped[0].split("-", 2);
        int from;
        int to;
        if (stepped[0].equals("*") || stepped[0].equals("?")) {
            from = kind.least;
            to = kind == Kind.WEEKDAY ? 6 : kind.most;
        } else {
            from = value(kind, range[0]);
            to = range.length == 2 ? value(kind, range[1]) : stepped.length == 2 ? kind.most : from;
        }
        int step = stepped.length == 2 ? number(kind, stepped[1]) : 1;
        if (from > to || step < 1) {
            throw new CronInvalid("\"" + item + "\" is no " + kind.words);
        }
        for (int value = from; value <= to; value += step) {
            values.set(value);
        }
    }

    private static int value(Kind kind, String text) throws CronInvalid {
        int named = kind.names.indexOf(text.toLowerCase(Locale.ROOT));
        int value = named < 0 ? number(kind, text) : named + kind.least;
        if (value < kind.least || value > kind.most) {
            throw new CronInvalid("\"" + text + "\" is no " + kind.words + ": " + kind.least + " to " + kind.most);
        }
        return value;
    }

    private static int number(Kind kind, String text) throws CronInvalid {
        if (!text.matches("[0-9]{1,4}")) {
            throw new CronInvalid("\"" + text + "\" is no " + kind.words);
        }
        return Integer.parseInt(text);
    }
}
