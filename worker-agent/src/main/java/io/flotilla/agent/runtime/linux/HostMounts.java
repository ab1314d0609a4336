package io.flotilla.agent.runtime.linux;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Mounts in the agent's own mount namespace: volumes, and a container's root looked at while it does not run. */
public final class HostMounts {
    private static final int MNT_DETACH = 2;
    /** Field of a line of proc_pid_mountinfo(5). */
    private static final int MOUNT_POINT = 4;

    private HostMounts() {}

    /** mount(2) and umount2(2). */
    private static final class Calls {
        static {
            Native.register(
                    Calls.class, NativeLibrary.getInstance("c", Map.of(Library.OPTION_STRING_ENCODING, "UTF-8")));
        }

        private Calls() {}

        static native int mount(String source, String target, String type, long flags, @Nullable String data);

        static native int umount2(String target, int flags);
    }

    /**
     * Mounts a file system, or with the option bind or rbind the source itself.
     *
     * @param type may be empty for a bind
     * @param options as mount(8) takes them; what is no flag is for the file system
     */
    public static void mount(String source, Path target, String type, List<String> options) throws KernelException {
        MountOptions parsed = MountOptions.parse(options);
        boolean bind = parsed.recursiveBind() || options.contains("bind");
        long flags = bind ? MountOptions.MS_BIND | (parsed.recursiveBind() ? MountOptions.MS_REC : 0) : parsed.flags();
        call(source, target, type, flags, parsed.data());
        if (bind && parsed.flags() != 0) {
            // a bind takes its flags only when it is there, mount(2)
            try {
                long remount = MountOptions.MS_REMOUNT | MountOptions.MS_BIND | parsed.flags();
                call(source, target, type, remount, "");
            } catch (KernelException e) {
                unmount(target);
                throw e;
            }
        }
    }

    private static void call(String source, Path target, String type, long flags, String data) throws KernelException {
        if (Calls.mount(source, target.toString(), type, flags, data.isEmpty() ? null : data) < 0) {
            throw new KernelException("mount", source + " on " + target, Native.getLastError());
        }
    }

    /** Takes away what is mounted there, on top of each other too; whoever still uses it keeps it until he is done. */
    public static void unmount(Path target) throws KernelException {
        while (Calls.umount2(target.toString(), MNT_DETACH) == 0) {}
        int errno = Native.getLastError();
        if (errno != Errno.EINVAL && errno != Errno.ENOENT) {
            throw new KernelException("umount2", target.toString(), errno);
        }
    }

    /** All mount points at the folder or below it, the deepest last. */
    public static List<Path> below(Path folder) throws IOException {
        Path absolute = folder.toAbsolutePath().normalize();
        List<Path> found = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"), StandardCharsets.ISO_8859_1)) {
            String[] fields = line.split(" ", MOUNT_POINT + 2);
            Path point = Path.of(unescaped(fields[MOUNT_POINT]));
            if (point.startsWith(absolute)) {
                found.add(point);
            }
        }
        return List.copyOf(found);
    }

    /** Space, tab, newline and backslash are written as three octal digits there. */
    private static String unescaped(String field) {
        byte[] bytes = new byte[field.length()];
        int length = 0;
        for (int i = 0; i < field.length(); i++) {
            boolean escape = field.charAt(i) == '\\' && i + 3 < field.length();
            bytes[length++] = (byte) (escape ? Integer.parseInt(field.substring(i + 1, i + 4), 8) : field.charAt(i));
            i += escape ? 3 : 0;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }
}
