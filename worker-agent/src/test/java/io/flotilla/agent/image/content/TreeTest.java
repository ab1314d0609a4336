package io.flotilla.agent.image.content;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeTest {

    private final Path temp;

    TreeTest(@TempDir Path temp) {
        this.temp = temp;
    }

    @Test
    void deletesTreesDeeperThanAnyPath() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("deep"));
        OpenDirectory current = OpenDirectory.open(folder);
        for (int depth = 0; depth < 300; depth++) {
            current.mkdir("n".repeat(100), 0700);
            OpenDirectory below = current.resolve("n".repeat(100));
            current.close();
            current = below;
        }
        current.close();

        assertThat(Tree.sizeBytes(folder)).isZero();
        Tree.delete(folder);

        assertThat(temp).isEmptyDirectory();
    }

    @Test
    void deletesLinksAndNotWhatTheyLeadTo() throws IOException {
        Path kept = Files.createDirectory(temp.resolve("kept"));
        Files.writeString(kept.resolve("file"), "safe");
        Path folder = Files.createDirectory(temp.resolve("folder"));
        Files.createSymbolicLink(folder.resolve("link"), kept);
        Path link = Files.createSymbolicLink(temp.resolve("direct"), kept);

        Tree.delete(folder);
        Tree.delete(link);

        assertThat(kept.resolve("file")).hasContent("safe");
        assertThat(temp).isDirectoryContaining(kept::equals);
        assertThat(Files.exists(folder)).isFalse();
    }

    @Test
    void countsAFileWithTwoNamesOnce() throws IOException {
        Path file = Files.writeString(temp.resolve("one"), "12345");
        Files.createLink(temp.resolve("two"), file);
        Files.writeString(temp.resolve("three"), "123");

        assertThat(Tree.sizeBytes(temp)).isEqualTo(8);
    }
}
