package io.flotilla.app.cli;

import io.flotilla.app.Version;
import java.io.PrintStream;

/** What this is, and the newest Engine API it speaks. */
public final class VersionCommand {
    private VersionCommand() {}

    public static int run(PrintStream out) {
        out.println("Flotilla " + Version.CURRENT + " (Engine API " + Version.ENGINE_API + ", Java "
                + Runtime.version().feature() + ")");
        return 0;
    }
}
