package io.flotilla.agent.container;

import io.flotilla.agent.image.Snapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads small files of a container's root that is not mounted, through its layers from the top down. Every component is
 * looked at without following links and links are resolved within the root, so that an image can't point at the host.
 */
final class LayeredFiles {
    private static final int MAX_LINKS = 40;
    private static final int MAX_FILE_BYTES = 1 << 20;

    private final List<Path> layers;

    LayeredFiles(Snapshot snapshot) {
        this.layers = new ArrayList<>();
        layers.add(snapshot.upper());
        layers.addAll(snapshot.lower());
    }

    /** The file's lines; empty when there is no such regular file. A larger file than one MiB is not read. */
    Optional<List<String>> lines(String path) throws IOException {
        Deque<String> left = new ArrayDeque<>(parts(path));
        List<String> at = new ArrayList<>();
        int links = 0;
        while (!left.isEmpty()) {
            String name = left.removeFirst();
            if (name.equals("..")) {
                if (!at.isEmpty()) {
                    at.removeLast();
                }
                continue;
            }
            at.add(name);
            Path found = find(at);
            if (found == null) {
                return Optional.empty();
            }
            if (Files.isSymbolicLink(found)) {
                if (++links > MAX_LINKS) {
                    throw new IOException(path + " in the image: too many levels of symbolic links");
                }
                String target = Files.readSymbolicLink(found).toString();
                at.removeLast();
                if (target.startsWith("/")) {
                    at.clear();
                }
                parts(target).reversed().forEach(left::addFirst);
            }
        }
        Path file = find(at);
        return file == null || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                ? Optional.empty()
                : Optional.of(read(file, path));
    }

    private static List<String> parts(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/")) {
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return parts;
    }

    private static List<String> read(Path file, String name) throws IOException {
        if (Files.size(file) > MAX_FILE_BYTES) {
            throw new IOException(name + " in the image is larger than " + MAX_FILE_BYTES + " bytes");
        }
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                .lines()
                .toList();
    }

    /** The topmost layer's entry of the path, or null where none has it or a whiteout hides it. */
    private @Nullable Path find(List<String> parts) throws IOException {
        for (Path layer : layers) {
            Path path = layer;
            boolean reaches = true;
            for (int i = 0; i < parts.size() && reaches; i++) {
                path = path.resolve(parts.get(i));
                Optional<BasicFileAttributes> attributes = attributes(path);
                if (attributes.isEmpty()) {
                    reaches = false;
                } else if (whiteout(path, attributes.get())) {
                    return null;
                } else if (i < parts.size() - 1 && !attributes.get().isDirectory()) {
                    return null;
                }
            }
            if (reaches) {
                return path;
            }
        }
        return null;
    }

    private static Optional<BasicFileAttributes> attributes(Path path) throws IOException {
        try {
            return Optional.of(Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        }
    }

    /** A character device 0:0 is overlayfs's mark of a deleted file. */
    private static boolean whiteout(Path path, BasicFileAttributes attributes) throws IOException {
        return attributes.isOther()
                && Long.valueOf(0).equals(Files.getAttribute(path, "unix:rdev", LinkOption.NOFOLLOW_LINKS));
    }
}
