package io.flotilla.gateway.exec;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The body of POST /exec/{id}/start. @param consoleSize height and width, empty or null: the exec's own */
record ExecStart(boolean detach, boolean tty, @Nullable List<Integer> consoleSize) {}
