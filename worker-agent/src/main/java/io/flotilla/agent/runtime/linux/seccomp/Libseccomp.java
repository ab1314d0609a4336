package io.flotilla.agent.runtime.linux.seccomp;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.util.Map;

/** libseccomp 2.4 or later, see seccomp_init(3). Results below zero are negative errnos. */
final class Libseccomp {
    static final int ATTRIBUTE_OPTIMIZE = 8;
    static final int OPTIMIZE_BINARY_TREE = 2;
    /** seccomp_syscall_resolve_name: no such system call on any CPU type. */
    static final int UNKNOWN_SYSCALL = -1;

    static {
        Native.register(
                Libseccomp.class,
                NativeLibrary.getInstance("libseccomp.so.2", Map.of(Library.OPTION_STRING_ENCODING, "UTF-8")));
    }

    private Libseccomp() {}

    static native long seccomp_init(int defaultAction);

    static native void seccomp_release(long context);

    static native int seccomp_attr_set(long context, int attribute, int value);

    static native int seccomp_arch_resolve_name(String name);

    static native int seccomp_arch_add(long context, int token);

    static native int seccomp_syscall_resolve_name(String name);

    static native int seccomp_rule_add_array(long context, int action, int syscall, int count, long conditions);

    static native int seccomp_export_bpf(long context, int fd);
}
