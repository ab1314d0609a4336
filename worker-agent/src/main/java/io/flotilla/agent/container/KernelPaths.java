package io.flotilla.agent.container;

import java.nio.charset.StandardCharsets;

/** What of a path no kernel takes, wherever it leads (path_resolution(7)). */
final class KernelPaths {
    /** PATH_MAX, without its NUL. */
    private static final int MOST_BYTES = 4095;
    /** NAME_MAX of the file systems there are. */
    private static final int MOST_NAME_BYTES = 255;

    private KernelPaths() {}

    /** @throws PlanRefused it is too long, or its end is not where it seems to be */
    static void check(String path) throws PlanRefused {
        boolean tooLong = isLonger(path, MOST_BYTES);
        for (String name : path.split("/")) {
            tooLong |= isLonger(name, MOST_NAME_BYTES);
        }
        if (tooLong) {
            throw new PlanRefused(
                    "invalid path: '" + path.substring(0, Math.min(80, path.length())) + "...': file name too long");
        }
        if (path.indexOf('\0') >= 0) {
            throw new PlanRefused("invalid path: '" + path.replace('\0', '?') + "': it has a NUL character");
        }
    }

    /** No char takes more than three bytes of UTF-8: most are known to fit without a look at them. */
    private static boolean isLonger(String text, int bytes) {
        return text.length() > bytes / 3 && text.getBytes(StandardCharsets.UTF_8).length > bytes;
    }
}
