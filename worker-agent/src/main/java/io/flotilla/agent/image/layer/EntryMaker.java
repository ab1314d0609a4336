package io.flotilla.agent.image.layer;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.layer.TarEntry.Kind;
import io.flotilla.agent.runtime.linux.KernelException;
import io.flotilla.agent.runtime.linux.files.FileStatus;
import io.flotilla.agent.runtime.linux.files.Octets;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import java.util.Map;

/** Makes what a tar's header alone describes, under a name that is free, and gives any file what its header says of it. */
final class EntryMaker {
    private static final long MAX_ID = 0xfffffffeL;
    private static final int MAX_DEVICE_MAJOR = 0xfff;
    private static final int MAX_DEVICE_MINOR = 0xfffff;
    private static final int EOPNOTSUPP = 95;

    private final String what;
    private final boolean anyFileSystem;

    /**
     * @param what is unpacked, for messages
     * @param anyFileSystem leave extended attributes out where a file system has none
     */
    EntryMaker(String what, boolean anyFileSystem) {
        this.what = what;
        this.anyFileSystem = anyFileSystem;
    }

    void makeLink(OpenDirectory parent, String name, TarEntry entry) throws KernelException, ImageRefused {
        if (entry.linkTarget().indexOf('\0') >= 0) {
            throw refused("symbolic link " + shown(entry) + " with a NUL in its target");
        }
        parent.symlink(name, entry.linkTarget());
        describe(parent, name, entry);
        parent.setTimes(name, entry.modified());
    }

    void makeNode(OpenDirectory parent, String name, TarEntry entry) throws KernelException, ImageRefused {
        if (entry.deviceMajor() < 0
                || entry.deviceMajor() > MAX_DEVICE_MAJOR
                || entry.deviceMinor() < 0
                || entry.deviceMinor() > MAX_DEVICE_MINOR) {
            throw refused("a device node with number " + entry.deviceMajor() + ":" + entry.deviceMinor());
        }
        int type =
                switch (entry.kind()) {
                    case CHARACTER_DEVICE -> FileStatus.S_IFCHR;
                    case BLOCK_DEVICE -> FileStatus.S_IFBLK;
                    case FIFO -> FileStatus.S_IFIFO;
                    default -> throw new IllegalArgumentException(entry.kind() + " is no node");
                };
        parent.mknod(name, type | entry.permissions(), entry.deviceMajor(), entry.deviceMinor());
        describe(parent, name, entry);
        parent.setTimes(name, entry.modified());
    }

    /** Owner first: it resets set-user-ID bits and capabilities. */
    void describe(OpenDirectory parent, String name, TarEntry entry) throws KernelException, ImageRefused {
        if (entry.uid() < 0 || entry.uid() > MAX_ID || entry.gid() < 0 || entry.gid() > MAX_ID) {
            throw refused("a file with owner " + entry.uid() + ":" + entry.gid());
        }
        parent.chown(name, (int) entry.uid(), (int) entry.gid());
        if (entry.kind() != Kind.SYMBOLIC_LINK) {
            parent.chmod(name, entry.permissions());
        }
        for (Map.Entry<String, byte[]> xattr : entry.xattrs().entrySet()) {
            if (TarEntry.carries(xattr.getKey(), entry.kind())) {
                setXattr(parent, name, xattr);
            }
        }
    }

    private void setXattr(OpenDirectory parent, String name, Map.Entry<String, byte[]> xattr) throws KernelException {
        try {
            parent.setXattr(name, xattr.getKey(), xattr.getValue());
        } catch (KernelException e) {
            if (!anyFileSystem || e.errno() != EOPNOTSUPP) {
                throw e;
            }
        }
    }

    private ImageRefused refused(String found) {
        return new ImageRefused(Reason.INVALID, what + " has " + found);
    }

    private static String shown(TarEntry entry) {
        return Octets.toText(entry.name()).replace('\0', '?');
    }
}
