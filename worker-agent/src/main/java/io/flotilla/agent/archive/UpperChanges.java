package io.flotilla.agent.archive;

import io.flotilla.agent.runtime.linux.KernelException;
import io.flotilla.agent.runtime.linux.files.FileStatus;
import io.flotilla.agent.runtime.linux.files.Octets;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Root;
import io.flotilla.bus.schema.FilesystemChange;
import io.flotilla.bus.schema.FilesystemChange.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What a container has changed: the upper folder of its overlay against the layers below (overlayfs.rst), in the terms of
 * moby's archive.Changes: a folder is changed when something in it is, a file that only was copied up is not. In the order
 * of paths. One instance a call.
 */
final class UpperChanges {
    private static final String OPAQUE = "trusted.overlay.opaque";
    private static final int MOST_CHANGES = 1_000_000;

    private final List<FilesystemChange> changes = new ArrayList<>();

    private UpperChanges() {}

    static List<FilesystemChange> of(Root root) throws IOException {
        UpperChanges found = new UpperChanges();
        try (OpenDirectory upper = OpenDirectory.open(root.upper());
                Below lower = Below.open(root.lower())) {
            found.folder(upper, lower, "", 0);
        }
        return found.changes;
    }

    /** The same folder in the layers below, from the top down, as far as it shows. */
    private record Below(List<OpenDirectory> layers) implements AutoCloseable {
        static Below open(List<Path> layers) throws KernelException {
            Below below = new Below(new ArrayList<>());
            for (Path layer : layers) {
                below.layers.add(OpenDirectory.open(layer));
            }
            return below;
        }

        Optional<FileStatus> status(String name) throws KernelException {
            for (OpenDirectory layer : layers) {
                Optional<FileStatus> status = layer.status(name);
                if (status.isPresent()) {
                    return status.filter(found -> !found.isWhiteout());
                }
            }
            return Optional.empty();
        }

        Below folder(String name) throws KernelException {
            Below below = new Below(new ArrayList<>());
            for (OpenDirectory layer : layers) {
                Optional<FileStatus> status = layer.status(name);
                if (status.isPresent()) {
                    if (!status.get().isDirectory()) {
                        break;
                    }
                    below.layers.add(layer.child(name));
                    if (isOpaque(layer, name)) {
                        break;
                    }
                }
            }
            return below;
        }

        /** Those that show. */
        TreeSet<String> names() throws IOException {
            TreeSet<String> names = new TreeSet<>();
            for (OpenDirectory layer : layers) {
                names.addAll(layer.names());
            }
            TreeSet<String> shown = new TreeSet<>();
            for (String name : names) {
                if (status(name).isPresent()) {
                    shown.add(name);
                }
            }
            return shown;
        }

        @Override
        public void close() {
            layers.forEach(OpenDirectory::close);
        }
    }

    private static boolean isOpaque(OpenDirectory parent, String name) throws KernelException {
        return parent.xattr(name, OPAQUE)
                .filter(mark -> mark.length == 1 && mark[0] == 'y')
                .isPresent();
    }

    private void folder(OpenDirectory upper, Below lower, String prefix, int depth) throws IOException {
        if (depth > OpenDirectory.MAX_DEPTH) {
            throw new IOException(
                    "folders are nested deeper than " + OpenDirectory.MAX_DEPTH + " at /" + Octets.toText(prefix));
        }
        for (String name : upper.names()) {
            Optional<FileStatus> status = upper.status(name);
            if (status.isPresent() && !RuntimeFiles.hides(upper, name, prefix + name)) {
                name(upper, lower, name, prefix + name, status.get(), depth);
            }
        }
    }

    private void name(OpenDirectory upper, Below lower, String name, String path, FileStatus status, int depth)
            throws IOException {
        Optional<FileStatus> before = lower.status(name);
        if (status.isWhiteout()) {
            if (before.isPresent()) {
                add(path, Kind.DELETED);
            }
        } else if (!status.isDirectory()) {
            if (before.isEmpty() || differs(before.get(), status)) {
                add(path, before.isEmpty() ? Kind.ADDED : Kind.MODIFIED);
            }
        } else {
            int at = changes.size();
            content(upper, lower, name, path, before, depth);
            boolean known = before.isPresent() || RuntimeFiles.isKnown(path);
            boolean changed = before.isPresent() ? differs(before.get(), status) : !known;
            if (changed || changes.size() > at) {
                changes.add(at, new FilesystemChange(shown(path), known ? Kind.MODIFIED : Kind.ADDED));
            }
        }
    }

    private void content(
            OpenDirectory upper, Below lower, String name, String path, Optional<FileStatus> before, int depth)
            throws IOException {
        try (OpenDirectory inside = upper.child(name);
                Below below = lower.folder(name)) {
            boolean wasFolder = before.map(FileStatus::isDirectory).orElse(false);
            if (wasFolder && isOpaque(upper, name)) {
                replaced(inside, below, path, depth);
            } else {
                folder(inside, wasFolder ? below : new Below(List.of()), path + "/", depth + 1);
            }
        }
    }

    /** A folder that was removed and made anew: what was in it and is not again is deleted. */
    private void replaced(OpenDirectory inside, Below below, String path, int depth) throws IOException {
        TreeSet<String> names = below.names();
        names.addAll(inside.names());
        for (String name : names) {
            Optional<FileStatus> now = inside.status(name).filter(status -> !status.isWhiteout());
            if (now.isPresent()) {
                name(inside, below, name, path + "/" + name, now.get(), depth + 1);
            } else if (below.status(name).isPresent()) {
                add(path + "/" + name, Kind.DELETED);
            }
        }
    }

    private void add(String path, Kind kind) throws IOException {
        if (changes.size() == MOST_CHANGES) {
            throw new IOException("the container has changed more than " + MOST_CHANGES + " files");
        }
        changes.add(new FilesystemChange(shown(path), kind));
    }

    private static String shown(String path) {
        return "/" + Octets.toText(path);
    }

    /** Size and time of a folder say nothing: they change with what is in it. */
    private static boolean differs(FileStatus before, FileStatus now) {
        return before.mode() != now.mode()
                || before.uid() != now.uid()
                || before.gid() != now.gid()
                || before.deviceMajor() != now.deviceMajor()
                || before.deviceMinor() != now.deviceMinor()
                || !now.isDirectory()
                        && (before.sizeBytes() != now.sizeBytes()
                                || !before.modified().equals(now.modified()));
    }
}
