package io.flotilla.agent.csi;

import com.fasterxml.jackson.core.JacksonException;
import io.flotilla.agent.image.content.DurableFile;
import io.flotilla.agent.runtime.linux.HostMounts;
import io.flotilla.bus.assignment.Assignment.PublishVolume;
import io.flotilla.bus.codec.Codec;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A volume's folder on this host: the mount points its plugin is given, and beside them what was wanted of it, kept before
 * the plugin is first asked. The folder is there for as long as the plugin may have done something for the volume here.
 */
final class StoredVolume {
    private static final Logger LOG = Logger.getLogger(StoredVolume.class);
    private static final String RECORD = "volume.json";
    private static final int S_IFMT = 0170000;
    private static final int S_IFBLK = 0060000;

    private final Path folder;

    /** @param folder of all volumes */
    StoredVolume(Path folder, String volumeId) {
        if (!volumeId.matches("[A-Za-z0-9_-]{1,64}")) {
            throw new IllegalArgumentException("not an id of a volume: " + volumeId);
        }
        this.folder = folder.resolve(volumeId);
    }

    /** All that were kept; a record that can't be read is put aside, and what is mounted beside it stays. */
    static List<PublishVolume> readAll(Path folder) throws IOException {
        List<PublishVolume> found = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(folder)) {
            for (Path each : folders) {
                Path file = each.resolve(RECORD);
                if (Files.exists(file)) {
                    read(file).ifPresent(found::add);
                }
            }
        }
        return found;
    }

    private static Optional<PublishVolume> read(Path file) throws IOException {
        try {
            return Optional.of(Codec.JSON.decode(Files.readAllBytes(file), PublishVolume.class));
        } catch (JacksonException damaged) {
            Path aside = file.resolveSibling(RECORD + ".damaged");
            LOG.errorf("the record of a cluster volume was damaged and is kept as %s", aside);
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
            return Optional.empty();
        }
    }

    /** Where the plugin prepares the volume for the node. */
    Path staging() {
        return folder.resolve("staging");
    }

    /** Where the plugin mounts it, or puts the device of a block volume. */
    Path published() {
        return folder.resolve("published");
    }

    boolean isStaged() {
        return Files.exists(staging());
    }

    /** On disk when this returns. */
    void keep(PublishVolume volume) throws IOException {
        Files.createDirectories(folder);
        DurableFile.replace(folder.resolve(RECORD), Codec.JSON.encode(volume));
    }

    Path makeStaging() throws IOException {
        return Files.createDirectories(staging());
    }

    /** What tasks are to use is there now. */
    boolean isThere(boolean block) throws IOException {
        Path at = published();
        if (!block) {
            return HostMounts.below(at).contains(at);
        }
        return Files.exists(at)
                && Files.getAttribute(at, "unix:mode") instanceof Number mode
                && (mode.intValue() & S_IFMT) == S_IFBLK;
    }

    /**
     * The plugin has let go of the volume: takes away what is left of it here, which is empty.
     *
     * @throws VolumeFailure something is mounted there still, or has content, which is nobody's to delete
     */
    void forget() throws IOException {
        List<Path> mounted = HostMounts.below(folder);
        if (!mounted.isEmpty()) {
            throw new VolumeFailure("the plugin let go of the volume, but " + mounted.getLast() + " is still mounted");
        }
        delete(published());
        delete(staging());
        Files.deleteIfExists(folder.resolve(RECORD + ".damaged"));
        DurableFile.delete(folder.resolve(RECORD));
        delete(folder);
    }

    private static void delete(Path path) throws IOException {
        BasicFileAttributes attributes = attributes(path);
        if (attributes == null) {
            return;
        }
        if (attributes.isRegularFile() && attributes.size() > 0) {
            throw notEmpty(path);
        }
        try {
            Files.deleteIfExists(path);
        } catch (DirectoryNotEmptyException kept) {
            throw notEmpty(path);
        }
    }

    private static @Nullable BasicFileAttributes attributes(Path path) throws IOException {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                ? Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                : null;
    }

    private static VolumeFailure notEmpty(Path path) {
        return new VolumeFailure("the plugin let go of the volume, but " + path
                + " is not empty: it is left as it is, look what it is and remove it");
    }
}
