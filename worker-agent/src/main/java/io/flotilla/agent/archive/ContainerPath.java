package io.flotilla.agent.archive;

import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.reconcile.ActionRefused.Reason;
import io.flotilla.agent.runtime.linux.files.Octets;
import java.util.ArrayList;
import java.util.List;

/**
 * A path in a container as a client gives it: taken from the root, {@code ..} resolved as text. A slash or {@code /.} at its
 * end says that it is a folder, and what a last link leads to is meant.
 *
 * @param octets relative to the root, without {@code .} and {@code ..}; empty for the root
 * @param folder it ends with a slash or {@code /.}
 * @param base what Docker calls it: the last name, {@code .} after {@code /.}, {@code /} for the root
 */
record ContainerPath(String octets, boolean folder, String base) {
    static ContainerPath parse(String path) throws ActionRefused {
        if (path.isEmpty() || path.indexOf('\0') >= 0) {
            throw new ActionRefused(Reason.INVALID, "invalid path: \"" + path.replace('\0', '?') + "\"");
        }
        List<String> names = new ArrayList<>();
        for (String name : Octets.ofText(path).split("/", -1)) {
            if (name.equals("..")) {
                if (!names.isEmpty()) {
                    names.removeLast();
                }
            } else if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        boolean dot = path.equals(".") || path.endsWith("/.");
        boolean folder = dot || path.endsWith("/") || names.isEmpty();
        String last = names.isEmpty() ? "/" : names.getLast();
        return new ContainerPath(String.join("/", names), folder, dot ? "." : last);
    }

    /** Absolute, for people. */
    String shown() {
        return "/" + Octets.toText(octets);
    }
}
