package io.flotilla.agent.reconcile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Tells the first agent of a boot from those that follow in it: random(4)'s boot_id, noted on disk. */
final class Boot {
    private static final Path ID = Path.of("/proc/sys/kernel/random/boot_id");

    private Boot() {}

    /** Whether the machine has started since an agent was last here; the present boot is the noted one from now on. */
    static boolean passed(Path noted) throws IOException {
        String id = Files.readString(ID);
        String before;
        try {
            before = Files.readString(noted);
        } catch (NoSuchFileException first) {
            before = id;
        }
        Path draft = noted.resolveSibling(noted.getFileName() + ".new");
        Files.write(
                draft,
                id.getBytes(StandardCharsets.UTF_8),
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE,
                StandardOpenOption.SYNC);
        Files.move(draft, noted, StandardCopyOption.ATOMIC_MOVE);
        return !before.equals(id);
    }
}
