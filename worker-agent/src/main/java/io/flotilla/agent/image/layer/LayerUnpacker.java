package io.flotilla.agent.image.layer;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.layer.TarEntry.Kind;
import io.flotilla.agent.runtime.linux.Errno;
import io.flotilla.agent.runtime.linux.KernelException;
import io.flotilla.agent.runtime.linux.files.FileStatus;
import io.flotilla.agent.runtime.linux.files.NewFile;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Unpacks one layer's tar stream into a lower directory of overlayfs, without its lower layers, as Docker's overlay2 does. Needs
 * root: owners, device nodes and {@code trusted.*} attributes.
 *
 * <p>The tar is hostile until proven otherwise. Folders are reached only by {@link OpenDirectory#resolve}, which cannot leave
 * the layer whatever symbolic links the tar made, and everything else works on the last name in an open folder without
 * following links. One instance a layer, one thread.
 */
public final class LayerUnpacker {
    private static final String WHITEOUT_PREFIX = ".wh.";
    private static final String OPAQUE_MARKER = ".wh..wh..opq";
    /** Book-keeping of aufs which old Docker versions left in layers. */
    private static final String AUFS_PREFIX = ".wh..wh.";

    private static final int IMPLIED_FOLDER_MODE = 0755;
    /** errno(3) that the content of a tar can bring about, not in {@link Errno}. */
    private static final int EXDEV = 18;

    private static final int EISDIR = 21;
    private static final int ENAMETOOLONG = 36;
    private static final int ELOOP = 40;
    private static final Set<Integer> CAUSED_BY_CONTENT =
            Set.of(Errno.ENOENT, Errno.EEXIST, Errno.ENOTDIR, Errno.EINVAL, EXDEV, EISDIR, ENAMETOOLONG, ELOOP);

    private final OpenDirectory root;
    private final OpenDirectory discarded;
    private final UnpackLimits limits;
    private final EntryMaker maker = new EntryMaker("layer", false);
    private final byte[] buffer = new byte[128 * 1024];
    private final FolderTimes folderTimes;

    private long sizeBytes;
    private int entries;
    private int discardedCount;
    private boolean hidesLower;

    /**
     * @param root an empty folder
     * @param discarded the open {@code scratch}, for what later members replace
     */
    private LayerUnpacker(OpenDirectory root, OpenDirectory discarded, FolderTimes folderTimes, UnpackLimits limits) {
        this.root = root;
        this.discarded = discarded;
        this.folderTimes = folderTimes;
        this.limits = limits;
    }

    /**
     * @param uncompressed read to its end, past the tar's own, so that a digest over it is complete
     * @param folder an empty folder, which becomes the layer
     * @param scratch an empty folder on the same file system; the caller deletes it
     * @throws IOException when this node fails; then, as after a refusal, the caller deletes both folders
     */
    public static UnpackedLayer unpack(InputStream uncompressed, Path folder, Path scratch, UnpackLimits limits)
            throws IOException, ImageRefused {
        try (OpenDirectory root = OpenDirectory.open(folder);
                OpenDirectory discarded = OpenDirectory.open(scratch);
                FolderTimes times = new FolderTimes(scratch.resolve("folder-times"))) {
            return new LayerUnpacker(root, discarded, times, limits).unpack(uncompressed);
        }
    }

    private UnpackedLayer unpack(InputStream uncompressed) throws IOException, ImageRefused {
        TarReader tar = new TarReader(uncompressed, "layer");
        Optional<TarEntry> entry = tar.next();
        while (entry.isPresent()) {
            if (++entries > limits.entries()) {
                throw refused("layer has more than " + limits.entries() + " files");
            }
            unpack(entry.get(), tar);
            entry = tar.next();
        }
        tar.drainRest();
        folderTimes.forEach(this::restoreTimes);
        return new UnpackedLayer(sizeBytes, hidesLower);
    }

    private void unpack(TarEntry entry, TarReader tar) throws IOException, ImageRefused {
        EntryPath path = EntryPath.parse(entry.name());
        try (OpenDirectory parent = folder(path.parent())) {
            if (path.name().startsWith(WHITEOUT_PREFIX)) {
                whiteout(parent, path, entry);
            } else {
                place(parent, path, entry, tar);
            }
        } catch (KernelException e) {
            if (!CAUSED_BY_CONTENT.contains(e.errno())) {
                throw e;
            }
            ImageRefused refused = refused(
                    "layer cannot be unpacked at " + path + ": " + e.operation() + ": " + Errno.describe(e.errno()));
            refused.initCause(e);
            throw refused;
        }
    }

    private void place(OpenDirectory parent, EntryPath path, TarEntry entry, TarReader tar)
            throws IOException, ImageRefused {
        String name = path.name();
        if (path.isRoot() && entry.kind() != Kind.DIRECTORY) {
            throw refused("layer has something other than a folder as its root");
        }
        Optional<FileStatus> existing = parent.status(name);
        boolean merges = entry.kind() == Kind.DIRECTORY
                && existing.map(FileStatus::isDirectory).orElse(false);
        if (existing.isPresent() && !merges) {
            discard(parent, name);
        }
        switch (entry.kind()) {
            case DIRECTORY -> {
                if (!merges) {
                    parent.mkdir(name, IMPLIED_FOLDER_MODE);
                }
                if (existing.map(FileStatus::isWhiteout).orElse(false)) {
                    makeOpaque(parent, name);
                }
                maker.describe(parent, name, entry);
                folderTimes.add(path, entry.modified());
            }
            case FILE -> {
                writeFile(parent, name, tar);
                maker.describe(parent, name, entry);
                parent.setTimes(name, entry.modified());
            }
            case SYMBOLIC_LINK -> maker.makeLink(parent, name, entry);
            // owner, mode, times and attributes are those of the file it is another name of
            case HARD_LINK -> hardLink(parent, path, EntryPath.parse(entry.linkTarget()));
            case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> maker.makeNode(parent, name, entry);
        }
    }

    private void writeFile(OpenDirectory parent, String name, TarReader tar) throws KernelException, ImageRefused {
        try (NewFile file = parent.create(name)) {
            int count = tar.read(buffer);
            while (count > 0) {
                sizeBytes += count;
                if (sizeBytes > limits.unpackedBytes()) {
                    throw refused("layer unpacks to more than the " + limits.unpackedBytes()
                            + " bytes left for its image archive");
                }
                file.write(buffer, count);
                count = tar.read(buffer);
            }
        }
    }

    /** A layer is unpacked once for all images that have it, so a file of another layer below cannot be meant. */
    private void hardLink(OpenDirectory parent, EntryPath path, EntryPath target) throws KernelException, ImageRefused {
        try (OpenDirectory from = root.resolve(target.parent().octets())) {
            parent.link(path.name(), from, target.name());
        } catch (KernelException e) {
            String link = "layer has hard link " + path + " to " + target;
            switch (e.errno()) {
                case Errno.ENOENT -> throw refused(link + ", which is not in the layer");
                case Errno.EPERM -> throw refused(link + ", which is a folder");
                default -> throw e;
            }
        }
    }

    private void whiteout(OpenDirectory parent, EntryPath path, TarEntry entry) throws KernelException, ImageRefused {
        String marker = path.name();
        if (marker.equals(OPAQUE_MARKER)) {
            makeOpaque(parent, ".");
            hidesLower |= path.parent().isRoot();
            return;
        }
        if (marker.startsWith(AUFS_PREFIX)) {
            return;
        }
        String name = marker.substring(WHITEOUT_PREFIX.length());
        if (name.isEmpty() || name.equals(".") || name.equals("..")) {
            throw refused("layer has whiteout " + path + " of nothing");
        }
        Optional<FileStatus> sameLayer = parent.status(name);
        if (sameLayer.isEmpty()) {
            parent.mknod(name, FileStatus.S_IFCHR, 0, 0);
            parent.chown(name, (int) entry.uid(), (int) entry.gid());
        } else if (sameLayer.get().isDirectory()) {
            // a whiteout is about lower layers only (layer.md): the new folder stays, and the old one's content does
            // not show
            makeOpaque(parent, name);
        }
    }

    private void makeOpaque(OpenDirectory parent, String name) throws KernelException {
        parent.setXattr(name, "trusted.overlay.opaque", new byte[] {'y'});
    }

    private OpenDirectory folder(EntryPath path) throws KernelException, ImageRefused {
        try {
            return root.resolve(path.octets());
        } catch (KernelException e) {
            if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR) {
                throw e;
            }
        }
        for (int depth = 1; depth <= path.names().size(); depth++) {
            makeImplied(path.prefix(depth));
        }
        return root.resolve(path.octets());
    }

    /** Makes a folder the tar did not mention but has members in. */
    private void makeImplied(EntryPath path) throws KernelException, ImageRefused {
        try (OpenDirectory parent = root.resolve(path.parent().octets())) {
            Optional<FileStatus> existing = parent.status(path.name());
            if (existing.isEmpty()) {
                parent.mkdir(path.name(), IMPLIED_FOLDER_MODE);
                parent.chmod(path.name(), IMPLIED_FOLDER_MODE);
            } else if (existing.get().isWhiteout()) {
                discard(parent, path.name());
                parent.mkdir(path.name(), IMPLIED_FOLDER_MODE);
                parent.chmod(path.name(), IMPLIED_FOLDER_MODE);
                makeOpaque(parent, path.name());
            }
        }
    }

    private void discard(OpenDirectory parent, String name) throws KernelException {
        parent.move(name, discarded, Integer.toString(discardedCount++));
    }

    /** A later member may have replaced the folder, or one above it. */
    private void restoreTimes(EntryPath path, Instant time) throws KernelException {
        try (OpenDirectory parent = root.resolve(path.parent().octets())) {
            if (parent.status(path.name()).map(FileStatus::isDirectory).orElse(false)) {
                parent.setTimes(path.name(), time);
            }
        } catch (KernelException e) {
            if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR && e.errno() != ELOOP) {
                throw e;
            }
        }
    }

    private static ImageRefused refused(String message) {
        return new ImageRefused(Reason.INVALID, message);
    }
}
