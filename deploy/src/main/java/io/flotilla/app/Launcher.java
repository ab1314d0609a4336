package io.flotilla.app;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The one line the launcher waits for: through the FIFO it named in FLOTILLA_NOTIFY, else on standard output. */
final class Launcher {
    private Launcher() {}

    static void tell(String line) throws IOException {
        String fifo = System.getenv("FLOTILLA_NOTIFY");
        if (fifo == null || fifo.isEmpty()) {
            System.out.println(line);
        } else if (Files.exists(Path.of(fifo))) {
            Files.write(Path.of(fifo), (line + "\n").getBytes(StandardCharsets.UTF_8), StandardOpenOption.WRITE);
        }
    }
}
