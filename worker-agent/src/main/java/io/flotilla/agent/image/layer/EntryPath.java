package io.flotilla.agent.image.layer;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.runtime.linux.files.Octets;
import java.util.ArrayList;
import java.util.List;

/**
 * A member's path inside a layer: names from the root down, without {@code .}, {@code ..} or empty ones. The empty list is
 * the root itself.
 */
record EntryPath(List<String> names) {
    private static final int NAME_MAX = 255;

    /** Absolute paths are taken from the layer's root, as Docker does; a {@code ..} is refused. */
    static EntryPath parse(String octets) throws ImageRefused {
        if (octets.indexOf('\0') >= 0) {
            throw new ImageRefused(Reason.INVALID, "layer has a path with a NUL: \"" + shown(octets) + "\"");
        }
        List<String> names = new ArrayList<>();
        for (String name : octets.split("/", -1)) {
            if (name.equals("..")) {
                throw new ImageRefused(
                        Reason.INVALID, "layer has \"" + shown(octets) + "\", which could lead outside of it");
            }
            if (name.length() > NAME_MAX) {
                throw new ImageRefused(
                        Reason.INVALID, "layer has a name longer than 255 bytes: \"" + shown(octets) + "\"");
            }
            if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        return new EntryPath(List.copyOf(names));
    }

    /** What {@link #octets} gave. */
    static EntryPath ofOctets(String octets) {
        return new EntryPath(octets.isEmpty() ? List.of() : List.of(octets.split("/", -1)));
    }

    boolean isRoot() {
        return names.isEmpty();
    }

    /** The last name; the root's is {@code .} in itself. */
    String name() {
        return isRoot() ? "." : names.getLast();
    }

    EntryPath parent() {
        return isRoot() ? this : new EntryPath(names.subList(0, names.size() - 1));
    }

    EntryPath prefix(int length) {
        return new EntryPath(names.subList(0, length));
    }

    /** Relative, in octets; empty for the root. */
    String octets() {
        return String.join("/", names);
    }

    @Override
    public String toString() {
        return "/" + Octets.toText(octets());
    }

    private static String shown(String octets) {
        return Octets.toText(octets.length() > NAME_MAX ? octets.substring(0, NAME_MAX) + "..." : octets)
                .replace('\0', '?');
    }
}
