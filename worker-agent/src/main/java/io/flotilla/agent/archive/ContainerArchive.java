package io.flotilla.agent.archive;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.ExecPlan;
import io.flotilla.agent.container.PlanRefused;
import io.flotilla.agent.container.RootHolds;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.content.CompressedInput;
import io.flotilla.agent.image.layer.ArchiveUnpacker;
import io.flotilla.agent.image.layer.TarWriter;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.reconcile.ActionRefused.Reason;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.linux.Errno;
import io.flotilla.agent.runtime.linux.KernelException;
import io.flotilla.agent.runtime.linux.RootView;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import io.flotilla.agent.runtime.linux.files.OpenFile;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.bus.schema.FilesystemChange;
import io.flotilla.bus.schema.MountPoint;
import io.flotilla.bus.schema.PathStat;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Files into and out of containers, running or not, as streams. A container is hostile: its files are reached through {@link
 * RootView} only, in which no link leads out. Safe for concurrent use, on platform threads.
 */
public final class ContainerArchive {
    private static final int EROFS = 30;
    private static final int ELOOP = 40;
    private static final int ENAMETOOLONG = 36;

    private final RootHolds holds;
    private final Path scratch;

    /** @param scratch an existing folder for files of single calls */
    public ContainerArchive(RootHolds holds, Path scratch) {
        this.holds = holds;
        this.scratch = scratch;
    }

    /** What the container changed of its image's files. */
    public List<FilesystemChange> changes(ContainerRecord container) throws IOException {
        return UpperChanges.of(container.spec().root());
    }

    /** Writes the whole root, without what is mounted in it, as a tar. */
    public void export(ContainerRecord container, OutputStream to) throws IOException {
        try (RootView view = read(container, false)) {
            TarWriter tar = new TarWriter(to);
            new TreeTar(tar, false).content(view.root(), "");
            tar.finish();
        }
    }

    /** @throws ActionRefused not there, or no folder where one is meant */
    public PathStat stat(ContainerRecord container, String path) throws ActionRefused, IOException {
        ContainerPath wanted = ContainerPath.parse(path);
        try (RootView view = read(container, true);
                OpenFile file = open(view.root(), wanted)) {
            return PathStats.of(view.root(), wanted, file);
        } catch (KernelException e) {
            throw failure(e, container, wanted, path);
        }
    }

    /** Takes the stat before the first byte of the tar is written. */
    public interface StatTaker {
        void take(PathStat stat) throws IOException, InterruptedException;
    }

    /** Writes the path, a folder with all in it, as a tar in which it has the last name of what was asked for. */
    public void read(ContainerRecord container, String path, StatTaker stat, OutputStream to)
            throws ActionRefused, IOException, InterruptedException {
        ContainerPath wanted = ContainerPath.parse(path);
        try (RootView view = read(container, true)) {
            boolean folder;
            try (OpenFile file = open(view.root(), wanted)) {
                folder = file.status().isDirectory();
                stat.take(PathStats.of(view.root(), wanted, file));
            } catch (KernelException e) {
                throw failure(e, container, wanted, path);
            }
            TarWriter tar = new TarWriter(to);
            write(view.root(), wanted, folder, new TreeTar(tar, false));
            tar.finish();
        }
    }

    private static void write(OpenDirectory root, ContainerPath wanted, boolean folder, TreeTar tar)
            throws IOException {
        if (folder) {
            // what a link leads to, under the link's name: the folder is a member by the name of itself
            try (OpenDirectory inside = root.resolve(wanted.octets())) {
                tar.member(inside, ".", wanted.base());
            }
            return;
        }
        int slash = wanted.octets().lastIndexOf('/');
        try (OpenDirectory parent =
                root.resolve(slash < 0 ? "" : wanted.octets().substring(0, slash))) {
            tar.member(parent, wanted.octets().substring(slash + 1), wanted.base());
        }
    }

    /**
     * How to unpack.
     *
     * @param keepsKinds no folder is replaced by another kind of file, nor the other way round
     * @param asContainersUser everything belongs to the user the container runs as
     */
    public record WriteTerms(boolean keepsKinds, boolean asContainersUser) {}

    /** Unpacks a tar, plain or compressed, in a folder of the container. What was unpacked before a failure stays. */
    public void write(ContainerRecord container, String path, InputStream archive, WriteTerms terms)
            throws ActionRefused, ImageRefused, IOException {
        ContainerPath wanted = ContainerPath.parse(path);
        Path folder = Files.createTempDirectory(scratch, "archive");
        try (RootHolds.Hold hold = holds.write(container.id());
                RootView view = writable(container)) {
            requireWritable(container, wanted, view, path);
            // daemon/archive_tarcopyoptions_unix.go: one that names no user leaves the owners as they are
            boolean owned = terms.asContainersUser() && hasUser(container);
            var unpacking = new ArchiveUnpacker.Terms(terms.keepsKinds(), owned ? owner(container) : null);
            ArchiveUnpacker.unpack(
                    CompressedInput.plain(archive, "archive"), view.root(), wanted.octets(), folder, unpacking);
        } catch (KernelException e) {
            throw failure(e, container, wanted, path);
        } finally {
            Files.deleteIfExists(folder.resolve("folder-times"));
            Files.delete(folder);
        }
    }

    private static boolean hasUser(ContainerRecord container) {
        String user = container.config().user();
        return user != null && !user.isEmpty();
    }

    private static ArchiveUnpacker.@Nullable Owner owner(ContainerRecord container) throws ActionRefused, IOException {
        try {
            RuntimeSpec.User user = ExecPlan.user(container);
            return new ArchiveUnpacker.Owner(user.uid(), user.gid());
        } catch (PlanRefused unknown) {
            throw new ActionRefused(Reason.INVALID, String.valueOf(unknown.getMessage()));
        }
    }

    private static void requireWritable(ContainerRecord container, ContainerPath wanted, RootView view, String path)
            throws ActionRefused, IOException {
        try (OpenFile destination = view.root().resolveFileFollowing(wanted.octets())) {
            if (!destination.status().isDirectory()) {
                throw new ActionRefused(Reason.INVALID, "extraction point is not a directory");
            }
        } catch (KernelException e) {
            throw failure(e, container, wanted, path);
        }
        try (OpenDirectory destination = view.root().resolve(wanted.octets())) {
            if (!destination.isWritable()) {
                throw readonly(container, wanted);
            }
        }
    }

    private static ActionRefused readonly(ContainerRecord container, ContainerPath wanted) {
        Optional<MountPoint> volume = container.mounts().stream()
                .filter(mount -> mount.destination() != null && isBelow(wanted.shown(), mount.destination()))
                .max(Comparator.comparing(
                        mount -> String.valueOf(mount.destination()).length()));
        return new ActionRefused(
                Reason.FORBIDDEN,
                volume.isPresent() ? "mounted volume is marked read-only" : "container rootfs is marked read-only");
    }

    private static boolean isBelow(String path, String folder) {
        return path.equals(folder) || path.startsWith(folder.endsWith("/") ? folder : folder + "/");
    }

    private static OpenFile open(OpenDirectory root, ContainerPath wanted) throws KernelException {
        return wanted.folder() ? root.resolveFolder(wanted.octets()) : root.resolveFile(wanted.octets());
    }

    private static RootView read(ContainerRecord container, boolean mounts) throws IOException {
        Optional<RootView> running = running(container, mounts);
        return running.isPresent() ? running.get() : RootView.ofStopped(container.spec(), false, mounts);
    }

    private static RootView writable(ContainerRecord container) throws IOException {
        Optional<RootView> running = running(container, true);
        return running.isPresent() ? running.get() : RootView.ofStopped(container.spec(), true, true);
    }

    private static Optional<RootView> running(ContainerRecord container, boolean mounts) throws IOException {
        RunningProcess process = container.process();
        return container.running() && process != null
                ? RootView.ofRunning(container.spec(), process, mounts)
                : Optional.empty();
    }

    /** What of the kernel's refusals is the client's affair, in dockerd's words; others are thrown on. */
    private static ActionRefused failure(
            KernelException e, ContainerRecord container, ContainerPath wanted, String path) throws KernelException {
        return switch (e.errno()) {
            case Errno.ENOENT ->
                new ActionRefused(
                        Reason.NOT_FOUND, "Could not find the file " + path + " in container " + container.name());
            case Errno.ENOTDIR -> new ActionRefused(Reason.INVALID, path + ": not a directory");
            case ELOOP, ENAMETOOLONG -> new ActionRefused(Reason.INVALID, path + ": " + Errno.describe(e.errno()));
            case EROFS -> readonly(container, wanted);
            default -> throw e;
        };
    }
}
