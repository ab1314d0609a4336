package io.flotilla.agent.image.layer;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.layer.TarEntry.Kind;
import io.flotilla.agent.runtime.linux.Errno;
import io.flotilla.agent.runtime.linux.KernelException;
import io.flotilla.agent.runtime.linux.files.FileStatus;
import io.flotilla.agent.runtime.linux.files.NewFile;
import io.flotilla.agent.runtime.linux.files.Octets;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks a tar into a folder of a root that is in use, as docker cp does: over what is there. Neither the tar nor the root
 * can be trusted: every folder is reached from the root by {@link OpenDirectory#resolve}, whatever links either has or the
 * other side makes meanwhile. One instance an archive, one thread.
 */
public final class ArchiveUnpacker {
    private static final int IMPLIED_FOLDER_MODE = 0755;
    private static final int EXDEV = 18;
    private static final int EISDIR = 21;
    private static final int ENAMETOOLONG = 36;
    private static final int ELOOP = 40;
    private static final Set<Integer> CAUSED_BY_CONTENT = Set.of(
            Errno.EPERM,
            Errno.ENOENT,
            Errno.EBUSY,
            Errno.EEXIST,
            Errno.ENOTDIR,
            Errno.EINVAL,
            EXDEV,
            EISDIR,
            ENAMETOOLONG,
            ELOOP);

    private final OpenDirectory root;
    private final String destination;
    private final Terms terms;
    private final FolderTimes folderTimes;
    private final EntryMaker maker = new EntryMaker("archive", true);
    private final byte[] buffer = new byte[128 * 1024];

    /**
     * @param keepsKinds a folder is not replaced by anything else, nor anything else by a folder
     * @param owner of everything; null: as the archive says
     */
    public record Terms(boolean keepsKinds, @Nullable Owner owner) {}

    public record Owner(int uid, int gid) {}

    private ArchiveUnpacker(OpenDirectory root, String destination, Terms terms, FolderTimes folderTimes) {
        this.root = root;
        this.destination = destination;
        this.terms = terms;
        this.folderTimes = folderTimes;
    }

    /**
     * @param destination of an existing folder in {@code root}, in octets, relative
     * @param scratch a folder for a file of this call
     * @throws ImageRefused the archive is malformed or can't be unpacked there; what came before stays
     */
    public static void unpack(
            InputStream uncompressed, OpenDirectory root, String destination, Path scratch, Terms terms)
            throws IOException, ImageRefused {
        try (FolderTimes times = new FolderTimes(scratch.resolve("folder-times"))) {
            new ArchiveUnpacker(root, destination, terms, times).unpack(uncompressed);
        }
    }

    private void unpack(InputStream uncompressed) throws IOException, ImageRefused {
        TarReader tar = new TarReader(uncompressed, "archive");
        for (Optional<TarEntry> entry = tar.next(); entry.isPresent(); entry = tar.next()) {
            unpack(owned(entry.get()), tar);
        }
        tar.drainRest();
        folderTimes.forEach(this::restoreTimes);
    }

    private TarEntry owned(TarEntry entry) {
        Owner owner = terms.owner();
        return owner == null
                ? entry
                : new TarEntry(
                        entry.name(),
                        entry.kind(),
                        entry.linkTarget(),
                        entry.permissions(),
                        owner.uid(),
                        owner.gid(),
                        entry.modified(),
                        entry.deviceMajor(),
                        entry.deviceMinor(),
                        entry.xattrs());
    }

    private void unpack(TarEntry entry, TarReader tar) throws IOException, ImageRefused {
        EntryPath path = EntryPath.parse(entry.name());
        if (path.isRoot()) {
            // the destination itself stays as it is
            return;
        }
        try (OpenDirectory parent = folder(path.parent())) {
            place(parent, path, entry, tar);
        } catch (KernelException e) {
            if (!CAUSED_BY_CONTENT.contains(e.errno())) {
                throw e;
            }
            ImageRefused refused = refused("cannot unpack " + path + ": " + Errno.describe(e.errno()));
            refused.initCause(e);
            throw refused;
        }
    }

    private void place(OpenDirectory parent, EntryPath path, TarEntry entry, TarReader tar)
            throws IOException, ImageRefused {
        String name = path.name();
        Optional<FileStatus> existing = parent.status(name);
        boolean merges = false;
        if (existing.isPresent()) {
            boolean folder = existing.get().isDirectory();
            merges = folder && entry.kind() == Kind.DIRECTORY;
            requireKind(path, folder, entry);
            if (!merges) {
                parent.removeTree(name);
            }
        }
        switch (entry.kind()) {
            case DIRECTORY -> {
                if (!merges) {
                    parent.mkdir(name, IMPLIED_FOLDER_MODE);
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
            case HARD_LINK -> {
                EntryPath target = EntryPath.parse(entry.linkTarget());
                try (OpenDirectory from = root.resolve(below(target.parent()))) {
                    parent.link(name, from, target.name());
                }
            }
            case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> maker.makeNode(parent, name, entry);
        }
    }

    private void requireKind(EntryPath path, boolean folder, TarEntry entry) throws ImageRefused {
        if (!terms.keepsKinds()) {
            return;
        }
        String at = "\"/" + Octets.toText(below(path)) + "\"";
        String into = "\"/" + Octets.toText(destination) + "\"";
        if (folder && entry.kind() != Kind.DIRECTORY) {
            throw refused("cannot overwrite directory " + at + " with non-directory " + into);
        }
        if (!folder && entry.kind() == Kind.DIRECTORY) {
            throw refused("cannot overwrite non-directory " + at + " with directory " + into);
        }
    }

    private void writeFile(OpenDirectory parent, String name, TarReader tar) throws KernelException, ImageRefused {
        try (NewFile file = parent.create(name)) {
            for (int count = tar.read(buffer); count > 0; count = tar.read(buffer)) {
                file.write(buffer, count);
            }
        }
    }

    private String below(EntryPath path) {
        if (path.isRoot()) {
            return destination;
        }
        return destination.isEmpty() ? path.octets() : destination + "/" + path.octets();
    }

    private OpenDirectory folder(EntryPath path) throws KernelException {
        try {
            return root.resolve(below(path));
        } catch (KernelException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
        for (int depth = 1; depth <= path.names().size(); depth++) {
            EntryPath implied = path.prefix(depth);
            try (OpenDirectory parent = root.resolve(below(implied.parent()))) {
                if (parent.status(implied.name()).isEmpty()) {
                    parent.mkdir(implied.name(), IMPLIED_FOLDER_MODE);
                    parent.chmod(implied.name(), IMPLIED_FOLDER_MODE);
                }
            }
        }
        return root.resolve(below(path));
    }

    /** A later member, or the container, may have replaced the folder, or one above it. */
    private void restoreTimes(EntryPath path, Instant time) throws KernelException {
        try (OpenDirectory parent = root.resolve(below(path.parent()))) {
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
