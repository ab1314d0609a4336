package io.flotilla.agent.runtime.linux;

import com.sun.jna.Native;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Mount;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;

/**
 * A container's root file system, seen from outside: of a running container its own overlay mount, so that what is written
 * is seen there; of another one a mount of its layers. On top of it the container's bind mounts and volumes where wanted,
 * but not its /proc, /sys, /dev and tmpfs: what dockerd shows docker cp.
 *
 * <p>The mounts are in a mount namespace that nothing but this object's descriptor keeps: a crash of the agent leaves none.
 * One thread is given away to make it, since a thread that has been in another mount namespace is of no use afterwards. The
 * view itself can be used by any thread, one at a time.
 */
public final class RootView implements AutoCloseable {
    /** mount(2) takes one page of data, with its NUL. */
    private static final int MAX_DATA_BYTES = 4095;

    private static final int O_PATH = 0x200000;

    private final OpenDirectory root;
    private int namespace;

    private RootView(OpenDirectory root, int namespace) {
        this.root = root;
        this.namespace = namespace;
    }

    /** The root folder; paths below are to be resolved in it only. */
    public OpenDirectory root() {
        return root;
    }

    /**
     * @param mounts with the container's bind mounts and volumes
     * @return empty when the process has ended
     */
    public static Optional<RootView> ofRunning(RuntimeSpec spec, RunningProcess process, boolean mounts)
            throws IOException {
        int theirs = Libc.open("/proc/" + process.pid() + "/ns/mnt", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (theirs < 0) {
            return Optional.empty();
        }
        try {
            // looked at after the opening: if it is the same process now, the namespace is that process's
            boolean same = ProcessStat.read(process.pid())
                    .filter(stat -> stat.startTimeTicks() == process.startTimeTicks()
                            && stat.exitStatus().isEmpty())
                    .isPresent();
            return same ? Optional.of(onThread(() -> new Making(spec, mounts).ofRunning(theirs))) : Optional.empty();
        } finally {
            Libc.close(theirs);
        }
    }

    /**
     * @param writable only while no other mount of these layers can come to be: the kernel wants one writer
     * @param mounts with the container's bind mounts and volumes; of one that never ran, a mount point may be missing, and
     *     is made when writable
     */
    public static RootView ofStopped(RuntimeSpec spec, boolean writable, boolean mounts) throws IOException {
        return onThread(() -> new Making(spec, mounts).ofStopped(writable));
    }

    private interface Work {
        RootView run() throws IOException;
    }

    private static RootView onThread(Work work) throws IOException {
        CompletableFuture<RootView> made = new CompletableFuture<>();
        Thread.ofPlatform().name("root-view").start(() -> {
            try {
                made.complete(work.run());
            } catch (IOException | RuntimeException e) {
                made.completeExceptionally(e);
            }
        });
        try {
            return made.join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case IOException failed -> throw failed;
                case RuntimeException bug -> throw bug;
                case null, default -> throw e;
            }
        }
    }

    /** Idempotent. The mounts go with the last file that is open in them. */
    @Override
    public void close() {
        root.close();
        if (namespace >= 0) {
            Libc.close(namespace);
            namespace = -1;
        }
    }

    /** Makes one view, on its own thread. */
    private static final class Making {
        private final RuntimeSpec spec;
        private final boolean mounts;
        /** Covered by the view in its own namespace only. */
        private final Path mountPoint;

        Making(RuntimeSpec spec, boolean mounts) {
            this.spec = spec;
            this.mounts = mounts;
            this.mountPoint = Objects.requireNonNull(spec.root().upper().getParent(), "folder of the writable layer");
        }

        RootView ofRunning(int theirs) throws IOException {
            int own = openNamespace();
            try {
                check("unshare", "", MountCalls.unshare(MountCalls.CLONE_FS));
                check("setns", "mount namespace of the container", MountCalls.setns(theirs, MountCalls.CLONE_NEWNS));
                // no class may be loaded until this thread is back: its files are the container's
                int tree = MountCalls.openTree("/", 0);
                int errno = tree < 0 ? Native.getLastError() : 0;
                check("setns", "own mount namespace", MountCalls.setns(own, MountCalls.CLONE_NEWNS));
                if (tree < 0) {
                    throw new KernelException("open_tree", "root of the container", errno);
                }
                try {
                    separate();
                    attach(tree, mountPoint);
                } finally {
                    Libc.close(tree);
                }
            } finally {
                Libc.close(own);
            }
            return finish(true);
        }

        RootView ofStopped(boolean writable) throws IOException {
            separate();
            List<Path> layers = new ArrayList<>(spec.root().lower());
            layers.addFirst(spec.root().upper());
            layers.add(spec.root().work());
            Path base = commonFolder(layers);
            List<String> names = layers.stream()
                    .map(layer -> base.relativize(layer).toString())
                    .toList();
            int last = names.size() - 1;
            String data = writable
                    ? indexOption() + "lowerdir=" + lower(names.subList(1, last)) + ",upperdir=" + names.getFirst()
                            + ",workdir=" + names.get(last)
                    : "lowerdir=" + lower(names.subList(0, last));
            if (data.getBytes(StandardCharsets.UTF_8).length > MAX_DATA_BYTES) {
                throw new IOException("a root file system of "
                        + spec.root().lower().size() + " layers: more than the kernel takes in one mount");
            }
            // relative paths are short, and their folder may have separators of the mount data in its name
            check("chdir", base.toString(), MountCalls.chdir(base.toString()));
            long flags = writable ? 0 : MountCalls.MS_RDONLY;
            check(
                    "mount overlay",
                    mountPoint.toString(),
                    MountCalls.mount("overlay", mountPoint.toString(), "overlay", flags, data));
            return finish(writable);
        }

        private RootView finish(boolean writable) throws IOException {
            OpenDirectory root = OpenDirectory.open(mountPoint);
            try {
                if (mounts) {
                    for (Mount mount : spec.mounts()) {
                        // of one that was never started some do not exist yet: the files of its /etc
                        if (mount.type().equals("bind") && Files.exists(Path.of(mount.source()))) {
                            bind(root, mount, writable);
                        }
                    }
                }
                return new RootView(root, openNamespace());
            } catch (IOException | RuntimeException e) {
                root.close();
                throw e;
            }
        }

        private static void separate() throws KernelException {
            check("unshare", "mount namespace", MountCalls.unshare(MountCalls.CLONE_NEWNS));
            // the host's unmounts still reach it, nothing reaches the host
            long slave = MountCalls.MS_REC | MountCalls.MS_SLAVE;
            check("mount", "propagation", MountCalls.mount("none", "/", null, slave, null));
        }

        private static void bind(OpenDirectory root, Mount mount, boolean writable) throws IOException {
            Path source = Path.of(mount.source());
            boolean folder = Files.isDirectory(source);
            Optional<Integer> target = MountPoints.open(root, mount.destination(), folder, writable);
            if (target.isEmpty()) {
                return;
            }
            int recursive = mount.options().contains("rbind") ? MountCalls.AT_RECURSIVE : 0;
            try {
                int tree = MountCalls.openTree(source.toString(), recursive);
                check("open_tree", mount.source(), tree);
                try {
                    if (mount.options().contains("ro") || mount.options().contains("rro")) {
                        check("mount_setattr", mount.source(), MountCalls.setReadonly(tree));
                    }
                    check("move_mount", mount.destination(), MountCalls.attach(tree, target.get()));
                } finally {
                    Libc.close(tree);
                }
            } finally {
                Libc.close(target.get());
            }
        }

        private static void attach(int tree, Path target) throws KernelException {
            int fd = Libc.open(target.toString(), O_PATH | Libc.O_CLOEXEC, 0);
            check("open", target.toString(), fd);
            try {
                check("move_mount", target.toString(), MountCalls.attach(tree, fd));
            } finally {
                Libc.close(fd);
            }
        }

        private static int openNamespace() throws KernelException {
            String self = "/proc/thread-self/ns/mnt";
            int fd = Libc.open(self, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
            check("open", self, fd);
            return fd;
        }

        private static String lower(List<String> names) {
            return names.stream().collect(Collectors.joining(":"));
        }

        /** As the runtime mounts it: with an index two mounts of one root would not be possible at all. */
        private static String indexOption() {
            return Files.exists(Path.of("/sys/module/overlay/parameters/index")) ? "index=off," : "";
        }

        private static Path commonFolder(List<Path> paths) {
            Path common = paths.getFirst().getParent();
            while (common != null && !allBelow(common, paths)) {
                common = common.getParent();
            }
            return common == null ? Path.of("/") : common;
        }

        private static boolean allBelow(Path folder, List<Path> paths) {
            return paths.stream().allMatch(path -> path.startsWith(folder));
        }

        private static void check(String operation, String target, int result) throws KernelException {
            if (result < 0) {
                throw new KernelException(operation, target, Native.getLastError());
            }
        }
    }
}
