package io.flotilla.agent.runtime.linux;

import static io.flotilla.agent.runtime.linux.syscall.Argument.bytes;
import static io.flotilla.agent.runtime.linux.syscall.Argument.resultOf;
import static io.flotilla.agent.runtime.linux.syscall.Argument.text;
import static io.flotilla.agent.runtime.linux.syscall.Argument.value;

import io.flotilla.agent.runtime.linux.cgroup.Cgroups;
import io.flotilla.agent.runtime.linux.syscall.Argument;
import io.flotilla.agent.runtime.linux.syscall.Syscall;
import io.flotilla.agent.runtime.linux.syscall.SyscallProgram;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Device;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Mount;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a container sees as its files. Sources on the host are opened as detached mounts (open_tree(2)) before the root
 * changes, and attached after it: from then on no path, whatever links an image has, leads out of the container. Needs
 * Linux 5.12 for mount_setattr(2).
 */
final class FileSystemSteps {
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int AT_RECURSIVE = 0x8000;
    private static final int OPEN_TREE_CLONE = 1;
    private static final int OPEN_TREE_CLOEXEC = 0x80000;
    private static final int MOVE_MOUNT_F_EMPTY_PATH = 0x04;
    private static final int MOVE_MOUNT_T_SYMLINKS = 0x10;
    private static final int MOUNT_ATTR_BYTES = 32;
    private static final int MNT_DETACH = 2;
    private static final int O_PATH = 0x200000;
    private static final int O_RDONLY_CLOEXEC = 0x80000;
    private static final Pattern OTHER_CONTAINERS = Pattern.compile("/proc/(\\d{1,9})/root(/.*)");
    private static final int DEFAULT_UMASK = 022;

    private final Steps steps;
    private final RuntimeSpec spec;
    private final Launch launch;
    /** Detached mounts, in the order they are attached. */
    private final Deque<SyscallProgram.Step> trees = new ArrayDeque<>();

    FileSystemSteps(Steps steps, RuntimeSpec spec, Launch launch) {
        this.steps = steps;
        this.spec = spec;
        this.launch = launch;
    }

    void add() {
        steps.umask(DEFAULT_UMASK);
        spec.mounts().forEach(this::openTrees);
        changeRoot();
        spec.mounts().forEach(this::mount);
        if (!hasBindOn("/dev")) { // else they would be made on the host
            makeDevices();
        }
        if (launch.devpts() != null) {
            makeConsole();
        }
        restrictPaths();
    }

    private static boolean isBind(Mount mount) {
        return mount.type().equals("bind")
                || mount.options().contains("bind")
                || mount.options().contains("rbind");
    }

    private void openTrees(Mount mount) {
        var options = MountOptions.parse(mount.options());
        if (isBind(mount)) {
            trees.addLast(openTree(mount, mount.source(), options));
        } else if (mount.type().equals("cgroup")) {
            for (Cgroups.View view : launch.cgroupViews()) {
                trees.addLast(openTree(mount, view.folder().toString(), options));
            }
        }
    }

    private SyscallProgram.Step openTree(Mount mount, String source, MountOptions options) {
        String purpose = "mounting \"" + source + "\" to rootfs at \"" + mount.destination() + "\"";
        int recursive = options.recursiveBind() ? AT_RECURSIVE : 0;
        Matcher other = OTHER_CONTAINERS.matcher(source);
        var tree = other.matches()
                ? openTreeOf(Integer.parseInt(other.group(1)), other.group(2), purpose, recursive)
                : cloneTree(purpose, source, recursive);
        if (options.attributesToSet() != 0 || options.attributesToClear() != 0) {
            setAttributes(
                    purpose,
                    tree,
                    options.recursiveReadonly() ? AT_RECURSIVE : 0,
                    options.attributesToSet(),
                    options.attributesToClear(),
                    0);
        }
        List<Long> propagations = options.propagations().isEmpty()
                ? List.of(MountOptions.MS_PRIVATE | MountOptions.MS_REC)
                : options.propagations();
        for (long propagation : propagations) {
            boolean all = (propagation & MountOptions.MS_REC) != 0;
            setAttributes(purpose, tree, all ? AT_RECURSIVE : 0, 0, 0, propagation & ~MountOptions.MS_REC);
        }
        return tree;
    }

    private SyscallProgram.Step cloneTree(String purpose, String source, int recursive) {
        return steps.add(
                purpose,
                Syscall.OPEN_TREE,
                value(Steps.AT_FDCWD),
                text(source),
                value(OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive));
    }

    /** A mount that another container has and the host has not: it can only be cloned where it is. */
    private SyscallProgram.Step openTreeOf(int pid, String source, String purpose, int recursive) {
        var own = steps.add(
                purpose, Syscall.OPENAT, value(Steps.AT_FDCWD), text("/proc/self/ns/mnt"), value(O_RDONLY_CLOEXEC));
        var others = steps.add(
                purpose,
                Syscall.OPENAT,
                value(Steps.AT_FDCWD),
                text("/proc/" + pid + "/ns/mnt"),
                value(O_RDONLY_CLOEXEC));
        int type = ContainerProgram.cloneFlag(NamespaceType.MOUNT);
        steps.add(purpose, Syscall.SETNS, resultOf(others), value(type));
        var tree = cloneTree(purpose, source, recursive);
        steps.add(purpose, Syscall.SETNS, resultOf(own), value(type));
        return tree;
    }

    private void setAttributes(
            String purpose, SyscallProgram.Step tree, int flags, long set, long clear, long propagation) {
        // struct mount_attr { u64 attr_set, attr_clr, propagation, userns_fd; }
        byte[] attributes = ByteBuffer.allocate(MOUNT_ATTR_BYTES)
                .order(ByteOrder.nativeOrder())
                .putLong(set)
                .putLong(clear)
                .putLong(propagation)
                .array();
        steps.add(
                purpose,
                Syscall.MOUNT_SETATTR,
                resultOf(tree),
                text(""),
                value(AT_EMPTY_PATH | flags),
                bytes(attributes),
                value(MOUNT_ATTR_BYTES));
    }

    private void changeRoot() {
        steps.mount("make mounts private", "none", "/", "", MountOptions.MS_REC | MountOptions.MS_PRIVATE, "");
        Path from = launch.overlay().folder();
        if (from != null) {
            steps.changeFolder("layer links", from.toString());
        }
        String root = launch.rootMountPoint().toString();
        steps.mount(
                "root file system",
                "overlay",
                root,
                "overlay",
                0,
                launch.overlay().data());
        steps.changeFolder("root file system", root);
        // the old root is stacked on the new one, see pivot_root(2), "pivot_root(".", ".")"
        steps.add("change root", Syscall.PIVOT_ROOT, text("."), text("."));
        steps.add("leave the host's root", Syscall.UMOUNT2, text("."), value(MNT_DETACH));
        steps.changeFolder("new root", "/");
    }

    private void mount(Mount mount) {
        String target = Path.of(mount.destination()).normalize().toString();
        if (isBind(mount)) {
            if (Files.isDirectory(Path.of(mount.source()))) {
                steps.makeFolders(target);
            } else {
                steps.makeFile(target);
            }
            attach(mount, resultOf(trees.removeFirst()), target);
        } else if (mount.type().equals("cgroup")) {
            mountCgroups(mount, target);
        } else if (mount.type().equals("devpts") && launch.devpts() != null) {
            steps.makeFolders(target);
            attach(mount, value(ProcessSteps.FIRST_FD_AFTER_STDIO), target);
        } else {
            steps.makeFolders(target);
            mountFileSystem(mount, target, MountOptions.parse(mount.options()));
        }
        steps.forgetFoldersBelow(target);
    }

    private void mountFileSystem(Mount mount, String target, MountOptions options) {
        String purpose = "mounting \"" + mount.source() + "\" (" + mount.type() + ") to rootfs at \""
                + mount.destination() + "\"";
        steps.mount(purpose, mount.source(), target, mount.type(), options.flags(), options.data());
        for (long propagation : options.propagations()) {
            steps.mount(purpose, "", target, "", propagation, "");
        }
    }

    private void attach(Mount mount, Argument tree, String target) {
        steps.add(
                "mounting \"" + mount.source() + "\" to rootfs at \"" + mount.destination() + "\"",
                Syscall.MOVE_MOUNT,
                tree,
                text(""),
                value(Steps.AT_FDCWD),
                text(target),
                value(MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS));
    }

    /** The container's own groups: in version 2 one folder, in version 1 one below a tmpfs for each hierarchy. */
    private void mountCgroups(Mount mount, String target) {
        steps.makeFolders(target);
        List<Cgroups.View> views = launch.cgroupViews();
        if (views.size() == 1 && views.getFirst().name().isEmpty()) {
            attach(mount, resultOf(trees.removeFirst()), target);
            return;
        }
        long flags = MountOptions.parse(mount.options()).flags();
        String purpose = "mounting cgroups to rootfs at \"" + mount.destination() + "\"";
        steps.mount(purpose, "tmpfs", target, "tmpfs", flags & ~MountOptions.MS_RDONLY, "mode=755");
        for (Cgroups.View view : views) {
            String name = view.name();
            steps.makeFolders(target + "/" + name);
            attach(mount, resultOf(trees.removeFirst()), target + "/" + name);
            for (String controller : name.contains(",") ? List.of(name.split(",")) : List.<String>of()) {
                steps.makeLink(name, target + "/" + controller);
            }
        }
        if ((flags & MountOptions.MS_RDONLY) != 0) {
            steps.mount(purpose, "", target, "", MountOptions.MS_REMOUNT | MountOptions.MS_BIND | flags, "");
        }
    }

    private boolean hasBindOn(String destination) {
        return spec.mounts().stream()
                .anyMatch(mount -> isBind(mount) && mount.destination().equals(destination));
    }

    private void makeDevices() {
        steps.umask(0);
        for (Device device : spec.devices()) {
            steps.makeParentFolders(device.path());
            makeDevice(device);
        }
        steps.umask(DEFAULT_UMASK);
        if (spec.mounts().stream().anyMatch(mount -> mount.destination().equals("/dev"))) {
            steps.makeLink("/proc/self/fd", "/dev/fd");
            steps.makeLink("/proc/self/fd/0", "/dev/stdin");
            steps.makeLink("/proc/self/fd/1", "/dev/stdout");
            steps.makeLink("/proc/self/fd/2", "/dev/stderr");
            steps.makeLink("/proc/kcore", "/dev/core");
            steps.makeLink("pts/ptmx", "/dev/ptmx");
        }
    }

    /** The terminal itself, by its descriptor: whatever the mounts have put over /dev/pts. */
    private void makeConsole() {
        String console = "/dev/console";
        var terminal = steps.add(
                "terminal",
                Syscall.OPEN_TREE,
                value(0),
                text(""),
                value(OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
        steps.makeFile(console);
        attach(new Mount(console, "bind", "terminal", List.of()), resultOf(terminal), console);
    }

    private void makeDevice(Device device) {
        int type =
                switch (device.type()) {
                    case "c", "u" -> 0020000;
                    case "b" -> 0060000;
                    case "p" -> 0010000;
                    default ->
                        throw new IllegalArgumentException("device " + device.path() + " of type " + device.type());
                };
        // the kernel's encoding of a device number, new_encode_dev
        long number = (device.minor() & 0xff) | (long) device.major() << 8 | (device.minor() & ~0xffL) << 12;
        steps.add(
                        "make device " + device.path(),
                        Syscall.MKNODAT,
                        value(Steps.AT_FDCWD),
                        text(device.path()),
                        value(type | device.mode()),
                        value(number))
                .ignoring(Errno.EEXIST);
        if (device.uid() != 0 || device.gid() != 0) {
            steps.add(
                    "own device " + device.path(),
                    Syscall.FCHOWNAT,
                    value(Steps.AT_FDCWD),
                    text(device.path()),
                    value(device.uid()),
                    value(device.gid()),
                    value(0));
        }
    }

    /** A path that this kernel does not have needs no restriction; any other failure is one. */
    private void restrictPaths() {
        for (String path : spec.readonlyPaths()) {
            String purpose = "read-only path " + path;
            steps.mount(purpose, path, path, "", MountOptions.MS_BIND | MountOptions.MS_REC, "")
                    .ignoring(Errno.ENOENT, Errno.ENOTDIR);
            long flags = MountOptions.MS_NOSUID | MountOptions.MS_NODEV | MountOptions.MS_NOEXEC;
            steps.mount(
                            purpose,
                            "",
                            path,
                            "",
                            MountOptions.MS_BIND | MountOptions.MS_REMOUNT | MountOptions.MS_RDONLY | flags,
                            "")
                    .ignoring(Errno.ENOENT, Errno.ENOTDIR);
        }
        if (!spec.maskedPaths().isEmpty()) {
            // without it every mask would look like one of a missing path
            steps.add(
                    "masking paths with /dev/null",
                    Syscall.OPENAT,
                    value(Steps.AT_FDCWD),
                    text("/dev/null"),
                    value(O_PATH));
        }
        for (String path : spec.maskedPaths()) {
            String purpose = "masked path " + path;
            // of a file and a folder each call does one, and is ENOTDIR for the other
            steps.mount(purpose, "/dev/null", path, "", MountOptions.MS_BIND, "")
                    .ignoring(Errno.ENOENT, Errno.ENOTDIR);
            steps.mount(purpose, "tmpfs", path, "tmpfs", MountOptions.MS_RDONLY, "size=0k")
                    .ignoring(Errno.ENOENT, Errno.ENOTDIR);
        }
    }
}
