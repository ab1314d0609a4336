package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.linux.files.NewFile;
import io.flotilla.agent.runtime.linux.files.Octets;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import io.flotilla.agent.runtime.linux.files.OpenFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where a mount is to go in a root whose links nobody can trust. */
final class MountPoints {
    private static final int MODE = 0755;

    private MountPoints() {}

    /**
     * @param path absolute, as in the specification
     * @param create makes what is missing
     * @return a descriptor of it, the caller's; empty when it is missing
     */
    static Optional<Integer> open(OpenDirectory root, String path, boolean folder, boolean create)
            throws KernelException {
        List<String> names = new ArrayList<>();
        for (String name : Octets.ofText(path).split("/", -1)) {
            if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        String below = String.join("/", names);
        try (OpenFile present = folder ? root.resolveFolder(below) : root.resolveFile(below)) {
            return Optional.of(present.release());
        } catch (KernelException e) {
            boolean missing = e.errno() == Errno.ENOENT;
            if (!missing && e.errno() != Errno.ENOTDIR) {
                throw e;
            }
            if (!missing || !create) {
                return Optional.empty();
            }
        }
        make(root, names, folder);
        try (OpenFile made = folder ? root.resolveFolder(below) : root.resolveFile(below)) {
            return Optional.of(made.release());
        }
    }

    private static void make(OpenDirectory root, List<String> names, boolean folder) throws KernelException {
        for (int depth = 1; depth <= names.size(); depth++) {
            String name = names.get(depth - 1);
            try (OpenDirectory parent = root.resolve(String.join("/", names.subList(0, depth - 1)))) {
                if (parent.status(name).isPresent()) {
                    continue;
                }
                if (depth < names.size() || folder) {
                    parent.mkdir(name, MODE);
                    parent.chmod(name, MODE);
                } else {
                    try (NewFile file = parent.create(name)) {
                        file.chmod(MODE);
                    }
                }
            }
        }
    }
}
