package io.flotilla.agent.log;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a container's log is kept.
 *
 * @param kept false for driver none
 * @param maxSizeBytes of one file before it is rotated; 0: without limit, as Docker's json-file without max-size
 * @param maxFiles files kept in all, the current one included
 * @param attributes written with each line: the container's labels and environment the options name
 */
public record LogOptions(boolean kept, long maxSizeBytes, int maxFiles, Map<String, String> attributes) {
    private static final int MOST_FILES = 1000;
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,15})\\s*([kmgtKMGT]?)i?[bB]?");
    private static final Set<String> KNOWN =
            Set.of("max-size", "max-file", "compress", "labels", "env", "mode", "max-buffer-size");

    /**
     * Reads Docker's driver name and options.
     *
     * @param labels and {@code env} of the container, the options choose from them
     */
    public static LogOptions parse(
            String driver, Map<String, String> options, Map<String, String> labels, List<String> env)
            throws LogRefused {
        if (driver.equals("none")) {
            return new LogOptions(false, 0, 1, Map.of());
        }
        if (!driver.equals("json-file")) {
            throw new LogRefused("logger: no log driver named '" + driver + "' is registered");
        }
        for (String option : options.keySet()) {
            if (!KNOWN.contains(option)) {
                throw new LogRefused("unknown log opt '" + option + "' for json-file log driver");
            }
        }
        if (Boolean.parseBoolean(options.get("compress"))) {
            throw new LogRefused("log opt 'compress' for json-file log driver is not supported yet");
        }
        long maxSize = options.containsKey("max-size") ? size(options.get("max-size")) : 0;
        int maxFiles = options.containsKey("max-file") ? files(options.get("max-file")) : 1;
        if (maxSize == 0 && maxFiles > 1) {
            throw new LogRefused("max-file cannot be larger than 1 without max-size");
        }
        return new LogOptions(true, maxSize, maxFiles, attributes(options, labels, env));
    }

    private static long size(String text) throws LogRefused {
        Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches()) {
            throw new LogRefused("invalid size: '" + text + "'");
        }
        long factor =
                switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
                    case "k" -> 1L << 10;
                    case "m" -> 1L << 20;
                    case "g" -> 1L << 30;
                    case "t" -> 1L << 40;
                    default -> 1;
                };
        long size = Long.parseLong(matcher.group(1));
        if (size == 0 || size > Long.MAX_VALUE / factor) {
            throw new LogRefused("max-size must be a positive number: '" + text + "'");
        }
        return size * factor;
    }

    private static int files(String text) throws LogRefused {
        if (!text.matches("[0-9]{1,4}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > MOST_FILES) {
            throw new LogRefused("max-file must be a number from 1 to " + MOST_FILES + ": '" + text + "'");
        }
        return Integer.parseInt(text);
    }

    private static Map<String, String> attributes(
            Map<String, String> options, Map<String, String> labels, List<String> env) {
        Map<String, String> attributes = new TreeMap<>();
        for (String label : options.getOrDefault("labels", "").split(",")) {
            if (labels.containsKey(label)) {
                attributes.put(label, labels.get(label));
            }
        }
        Map<String, String> variables = new LinkedHashMap<>();
        for (String entry : env) {
            int equals = entry.indexOf('=');
            if (equals > 0) {
                variables.put(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        for (String name : options.getOrDefault("env", "").split(",")) {
            if (variables.containsKey(name)) {
                attributes.put(name, variables.get(name));
            }
        }
        return attributes;
    }
}
