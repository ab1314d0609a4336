package io.flotilla.agent.archive;

import io.flotilla.agent.runtime.linux.Errno;
import io.flotilla.agent.runtime.linux.KernelException;
import io.flotilla.agent.runtime.linux.files.FileStatus;
import io.flotilla.agent.runtime.linux.files.Octets;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import io.flotilla.agent.runtime.linux.files.OpenFile;
import io.flotilla.bus.schema.PathStat;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** A file of a container as clients of docker cp are told of it. */
final class PathStats {
    private static final int MOST_LINKS = 255;
    private static final int SET_USER_ID = 04000;
    private static final int SET_GROUP_ID = 02000;
    private static final int STICKY = 01000;

    private PathStats() {}

    static PathStat of(OpenDirectory root, ContainerPath path, OpenFile file) throws KernelException {
        FileStatus status = file.status();
        boolean link = status.type() == FileStatus.S_IFLNK;
        return new PathStat(
                Octets.toText(path.base()),
                status.sizeBytes(),
                mode(status),
                status.modified(),
                link ? "/" + Octets.toText(follow(root, path.octets())) : "");
    }

    /** Go's os.FileMode (package io/fs). */
    private static long mode(FileStatus status) {
        int bits = status.permissions();
        long mode = bits & 0777;
        mode |= (bits & SET_USER_ID) != 0 ? 1L << 23 : 0;
        mode |= (bits & SET_GROUP_ID) != 0 ? 1L << 22 : 0;
        mode |= (bits & STICKY) != 0 ? 1L << 20 : 0;
        return mode
                | switch (status.type()) {
                    case FileStatus.S_IFDIR -> 1L << 31;
                    case FileStatus.S_IFLNK -> 1L << 27;
                    case FileStatus.S_IFBLK -> 1L << 26;
                    case FileStatus.S_IFCHR -> 1L << 26 | 1L << 21;
                    case FileStatus.S_IFIFO -> 1L << 25;
                    case FileStatus.S_IFSOCK -> 1L << 24;
                    default -> 0;
                };
    }

    /** The path with all its links followed inside the root, as far as there is something: moby's FollowSymlinkInScope. */
    private static String follow(OpenDirectory root, String path) throws KernelException {
        Deque<String> left = new ArrayDeque<>(List.of(path.split("/")));
        List<String> at = new ArrayList<>();
        int links = 0;
        while (!left.isEmpty()) {
            String name = left.removeFirst();
            if (name.isEmpty() || name.equals(".")) {
                continue;
            }
            if (name.equals("..")) {
                if (!at.isEmpty()) {
                    at.removeLast();
                }
                continue;
            }
            at.add(name);
            String target = target(root, String.join("/", at));
            if (!target.isEmpty() && ++links <= MOST_LINKS) {
                at.removeLast();
                if (target.startsWith("/")) {
                    at.clear();
                }
                List.of(target.split("/")).reversed().forEach(left::addFirst);
            }
        }
        return String.join("/", at);
    }

    /** Empty where there is no link. */
    private static String target(OpenDirectory root, String path) throws KernelException {
        try (OpenFile file = root.resolveFile(path)) {
            return file.status().type() == FileStatus.S_IFLNK ? file.linkTarget() : "";
        } catch (KernelException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
                return "";
            }
            throw e;
        }
    }
}
