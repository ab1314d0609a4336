package io.flotilla.agent.archive;

import io.flotilla.agent.image.layer.TarEntry;
import io.flotilla.agent.image.layer.TarEntry.Kind;
import io.flotilla.agent.image.layer.TarWriter;
import io.flotilla.agent.runtime.linux.Errno;
import io.flotilla.agent.runtime.linux.KernelException;
import io.flotilla.agent.runtime.linux.files.FileStatus;
import io.flotilla.agent.runtime.linux.files.Octets;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import io.flotilla.agent.runtime.linux.files.OpenFile;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Writes files of a tree as members of a tar, folders before what is in them and names in order, while the tree may change:
 * what has gone is left out, what has shrunk is filled up with zeros. No link is followed. One instance an archive.
 */
final class TreeTar {
    /** Of more files with several names than this the rest is written once a name. */
    private static final int MOST_LINKED = 1_000_000;

    private static final String OPAQUE = "trusted.overlay.opaque";
    private static final String WHITEOUT_PREFIX = ".wh.";
    private static final String OPAQUE_MARKER = ".wh..wh..opq";

    private final TarWriter tar;
    private final boolean layer;
    private final Map<FileId, String> linked = new HashMap<>();
    private final byte[] buffer = new byte[128 * 1024];

    private record FileId(long fileSystem, long inode) {}

    /** @param layer the tree is the upper one of an overlay: its marks become those of image layers (layer.md) */
    TreeTar(TarWriter tar, boolean layer) {
        this.tar = tar;
        this.layer = layer;
    }

    /** All in the folder, but not the folder itself. @param prefix of the names, with its slash; may be empty */
    void content(OpenDirectory folder, String prefix) throws IOException {
        content(folder, prefix, 0);
    }

    private void content(OpenDirectory folder, String prefix, int depth) throws IOException {
        if (depth > OpenDirectory.MAX_DEPTH) {
            throw new IOException(
                    "folders are nested deeper than " + OpenDirectory.MAX_DEPTH + " at " + Octets.toText(prefix));
        }
        for (String name : folder.names()) {
            if (!layer || !RuntimeFiles.hides(folder, name, prefix + name)) {
                member(folder, name, prefix + name, depth);
            }
        }
    }

    /** One file, or a folder with all in it. @param as its name in the archive, without slash at the end */
    void member(OpenDirectory parent, String name, String as) throws IOException {
        member(parent, name, as, 0);
    }

    private void member(OpenDirectory parent, String name, String as, int depth) throws IOException {
        try (OpenFile file = parent.file(name)) {
            FileStatus status = file.status();
            if (status.isDirectory()) {
                folder(parent, name, as, status, depth);
            } else {
                file(parent, name, as, file, status);
            }
        } catch (KernelException e) {
            // removed, or made something else, since its name was read
            if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR) {
                throw e;
            }
        }
    }

    private void folder(OpenDirectory parent, String name, String as, FileStatus status, int depth) throws IOException {
        try (OpenDirectory inside = parent.child(name)) {
            String prefix = as.endsWith("/") ? as : as + "/";
            empty(entry(parent, name, prefix, Kind.DIRECTORY, "", status));
            if (layer && isOpaque(parent, name)) {
                empty(mark(prefix + OPAQUE_MARKER, status));
            }
            content(inside, prefix, depth + 1);
        }
    }

    private static boolean isOpaque(OpenDirectory parent, String name) throws KernelException {
        return parent.xattr(name, OPAQUE)
                .filter(mark -> mark.length == 1 && mark[0] == 'y')
                .isPresent();
    }

    private void file(OpenDirectory parent, String name, String as, OpenFile file, FileStatus status)
            throws IOException {
        if (layer && status.isWhiteout()) {
            int slash = as.lastIndexOf('/') + 1;
            empty(mark(as.substring(0, slash) + WHITEOUT_PREFIX + as.substring(slash), status));
            return;
        }
        Optional<String> before = linkedBefore(status, as);
        if (before.isPresent()) {
            empty(entry(parent, name, as, Kind.HARD_LINK, before.get(), status));
            return;
        }
        switch (status.type()) {
            case FileStatus.S_IFREG -> {
                tar.begin(entry(parent, name, as, Kind.FILE, "", status), status.sizeBytes());
                copy(file, status.sizeBytes());
                tar.end();
            }
            case FileStatus.S_IFLNK -> empty(entry(parent, name, as, Kind.SYMBOLIC_LINK, file.linkTarget(), status));
            case FileStatus.S_IFCHR -> empty(entry(parent, name, as, Kind.CHARACTER_DEVICE, "", status));
            case FileStatus.S_IFBLK -> empty(entry(parent, name, as, Kind.BLOCK_DEVICE, "", status));
            case FileStatus.S_IFIFO -> empty(entry(parent, name, as, Kind.FIFO, "", status));
            // a socket is nothing without its process, and a tar has no word for it
            default -> {}
        }
    }

    private Optional<String> linkedBefore(FileStatus status, String as) {
        if (status.linkCount() < 2) {
            return Optional.empty();
        }
        FileId id = new FileId(status.fileSystem(), status.inode());
        return Optional.ofNullable(linked.size() < MOST_LINKED ? linked.putIfAbsent(id, as) : linked.get(id));
    }

    private void copy(OpenFile file, long sizeBytes) throws IOException {
        long left = sizeBytes;
        while (left > 0) {
            int wanted = (int) Math.min(left, buffer.length);
            int count = file.read(buffer, wanted);
            if (count == 0) {
                break;
            }
            tar.write(buffer, count);
            left -= count;
        }
        if (left > 0) {
            Arrays.fill(buffer, (byte) 0);
        }
        while (left > 0) {
            int count = (int) Math.min(left, buffer.length);
            tar.write(buffer, count);
            left -= count;
        }
    }

    private void empty(TarEntry entry) throws IOException {
        tar.begin(entry, 0);
        tar.end();
    }

    private static TarEntry entry(
            OpenDirectory parent, String name, String as, Kind kind, String linkTarget, FileStatus status)
            throws KernelException {
        boolean device = kind == Kind.CHARACTER_DEVICE || kind == Kind.BLOCK_DEVICE;
        return new TarEntry(
                as,
                kind,
                linkTarget,
                status.permissions(),
                Integer.toUnsignedLong(status.uid()),
                Integer.toUnsignedLong(status.gid()),
                status.modified(),
                device ? status.deviceMajor() : 0,
                device ? status.deviceMinor() : 0,
                kind == Kind.HARD_LINK ? Map.of() : xattrs(parent, name, kind));
    }

    private static Map<String, byte[]> xattrs(OpenDirectory parent, String name, Kind kind) throws KernelException {
        Map<String, byte[]> xattrs = new LinkedHashMap<>();
        for (String attribute : parent.xattrs(name)) {
            if (TarEntry.carries(attribute, kind)) {
                Optional<byte[]> value = parent.xattr(name, attribute);
                value.ifPresent(bytes -> xattrs.put(attribute, bytes));
            }
        }
        return xattrs;
    }

    private static TarEntry mark(String as, FileStatus status) {
        return new TarEntry(as, Kind.FILE, "", 0, 0, 0, status.modified(), 0, 0, Map.of());
    }
}
