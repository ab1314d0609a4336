package io.flotilla.agent.runtime.linux.files;

import com.sun.jna.Native;
import io.flotilla.agent.runtime.linux.KernelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What getdents64(2) tells of a directory. The JDK's listings decode names, and not every name is text. */
final class DirectoryEntries {
    private static final int BUFFER_BYTES = 32 * 1024;
    private static final int MOST_NAMES = 2_000_000;
    private static final int LENGTH_AT = 16;
    private static final int NAME_AT = 19;

    private DirectoryEntries() {}

    static List<String> read(int fd, String path) throws IOException {
        List<String> names = new ArrayList<>();
        byte[] entries = new byte[BUFFER_BYTES];
        int count = next(fd, entries, path);
        while (count > 0) {
            add(entries, count, names);
            if (names.size() > MOST_NAMES) {
                throw new IOException(Octets.toText(path) + " has more than " + MOST_NAMES + " entries");
            }
            count = next(fd, entries, path);
        }
        Collections.sort(names);
        return names;
    }

    private static int next(int fd, byte[] entries, String path) throws KernelException {
        long count = Libc.getdents64(fd, entries, entries.length);
        if (count < 0) {
            throw new KernelException("getdents64", Octets.toText(path), Native.getLastError());
        }
        return (int) count;
    }

    private static void add(byte[] entries, int count, List<String> names) {
        ByteBuffer raw = ByteBuffer.wrap(entries).order(ByteOrder.nativeOrder());
        for (int at = 0; at < count; at += Short.toUnsignedInt(raw.getShort(at + LENGTH_AT))) {
            int end = at + NAME_AT;
            while (entries[end] != 0) {
                end++;
            }
            byte[] name = new byte[end - at - NAME_AT];
            raw.get(at + NAME_AT, name);
            String octets = Octets.of(name);
            if (!octets.equals(".") && !octets.equals("..")) {
                names.add(octets);
            }
        }
    }
}
