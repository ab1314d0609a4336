package io.flotilla.agent.runtime.linux.seccomp;

import io.flotilla.agent.runtime.linux.seccomp.SeccompProfile.Condition;
import io.flotilla.agent.runtime.linux.seccomp.SeccompProfile.Rule;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Translates one profile for one capability set, with the meaning runc gives it: names libseccomp doesn't know are left out,
 * conditions on different arguments must all hold, several on the same argument are alternatives, and a system call newer
 * than all the profile names fails with ENOSYS, so that a C library falls back to the older one it replaces.
 */
final class FilterCompiler {
    private static final int EPERM = 1;
    private static final int EEXIST = 17;
    private static final int ENOSYS = 38;
    private static final int ACTION_ERRNO = 0x0005_0000;
    private static final int CLOSE_ON_EXEC = 1;
    private static final int CONDITION_BYTES = 24;
    private static final int MAX_ARGUMENTS = 6;

    private final SeccompProfile profile;
    private final Set<String> capabilities;
    private final Host host;

    /** @param goArch the CPU type as Docker's profiles write it */
    record Host(String goArch, String architecture, int auditArch, KernelVersion kernel) {
        static Host current() {
            return switch (System.getProperty("os.arch")) {
                case "amd64" -> new Host("amd64", "SCMP_ARCH_X86_64", 0xC000_003E, KernelVersion.host());
                case "aarch64" -> new Host("arm64", "SCMP_ARCH_AARCH64", 0xC000_00B7, KernelVersion.host());
                default ->
                    throw new UnsupportedOperationException("seccomp on CPU type " + System.getProperty("os.arch"));
            };
        }
    }

    FilterCompiler(SeccompProfile profile, Set<String> capabilities) {
        this.profile = profile;
        this.capabilities = capabilities;
        this.host = Host.current();
    }

    byte[] compile() throws IOException {
        int defaultAction = action(profile.defaultAction(), profile.defaultErrnoRet());
        long context = Libseccomp.seccomp_init(defaultAction);
        if (context == 0) {
            throw new IOException("seccomp_init refused action " + profile.defaultAction());
        }
        try {
            // an older library without the attribute makes a slower filter that means the same
            Libseccomp.seccomp_attr_set(context, Libseccomp.ATTRIBUTE_OPTIMIZE, Libseccomp.OPTIMIZE_BINARY_TREE);
            addArchitectures(context);
            int newest = 0;
            for (Rule rule : profile.rules()) {
                if (rule.appliesTo(capabilities, host.goArch(), host.kernel())) {
                    newest = Math.max(newest, addRule(context, rule, defaultAction));
                }
            }
            byte[] filter = export(context);
            return isError(defaultAction) && newest > 0 ? withUnknownAsMissing(filter, newest) : filter;
        } finally {
            Libseccomp.seccomp_release(context);
        }
    }

    private static boolean isError(int action) {
        return (action & 0xffff_0000) == ACTION_ERRNO;
    }

    /** Those besides the host's own, as a profile writes them. */
    static Set<String> architectures(SeccompProfile profile, Host host) {
        var names = new HashSet<String>(profile.architectures() == null ? List.of() : profile.architectures());
        for (var entry : profile.archMap() == null ? List.<SeccompProfile.Architecture>of() : profile.archMap()) {
            if (host.architecture().equals(entry.architecture()) && entry.subArchitectures() != null) {
                names.addAll(entry.subArchitectures());
            }
        }
        return names;
    }

    private void addArchitectures(long context) throws IOException {
        for (String name : architectures(profile, host)) {
            int token = Libseccomp.seccomp_arch_resolve_name(
                    name.replace("SCMP_ARCH_", "").toLowerCase(Locale.ROOT));
            if (token == 0) {
                throw new IOException("seccomp: architecture " + name + " is not known");
            }
            int result = Libseccomp.seccomp_arch_add(context, token);
            if (result < 0 && result != -EEXIST) {
                throw new IOException("seccomp: architecture " + name + ": errno " + -result);
            }
        }
    }

    /** @return the highest native system call number of the rule, or 0 */
    private int addRule(long context, Rule rule, int defaultAction) throws IOException {
        int action = action(rule.action(), rule.errnoRet());
        int newest = 0;
        for (String name : rule.allNames()) {
            int number = Libseccomp.seccomp_syscall_resolve_name(name);
            if (number == Libseccomp.UNKNOWN_SYSCALL) {
                continue;
            }
            newest = Math.max(newest, number);
            // libseccomp refuses a rule that says what the default says
            if (action != defaultAction) {
                addSyscall(context, name, number, action, rule.conditions());
            }
        }
        return newest;
    }

    private static void addSyscall(long context, String name, int number, int action, List<Condition> conditions)
            throws IOException {
        boolean sameArgument =
                conditions.stream().map(Condition::index).distinct().count() < conditions.size();
        if (sameArgument) {
            for (Condition condition : conditions) {
                add(context, name, number, action, List.of(condition));
            }
        } else {
            add(context, name, number, action, conditions);
        }
    }

    private static void add(long context, String name, int number, int action, List<Condition> conditions)
            throws IOException {
        try (var arena = Arena.ofConfined()) {
            // struct scmp_arg_cmp { unsigned arg; enum op; u64 datum_a; u64 datum_b; }
            MemorySegment array = arena.allocate((long) CONDITION_BYTES * (conditions.size() + 1), Long.BYTES);
            for (int i = 0; i < conditions.size(); i++) {
                Condition condition = conditions.get(i);
                if (condition.index() < 0 || condition.index() >= MAX_ARGUMENTS) {
                    throw new IOException("seccomp: " + name + " has no argument " + condition.index());
                }
                long at = (long) CONDITION_BYTES * i;
                array.set(ValueLayout.JAVA_INT, at, condition.index());
                array.set(ValueLayout.JAVA_INT, at + 4, comparison(condition.op()));
                array.set(ValueLayout.JAVA_LONG, at + 8, condition.value());
                array.set(ValueLayout.JAVA_LONG, at + 16, condition.valueTwo());
            }
            int result = Libseccomp.seccomp_rule_add_array(context, action, number, conditions.size(), array.address());
            if (result < 0) {
                throw new IOException("seccomp: rule for " + name + ": errno " + -result);
            }
        }
    }

    private static int comparison(@Nullable String op) throws IOException {
        return switch (op) {
            case "SCMP_CMP_NE" -> 1;
            case "SCMP_CMP_LT" -> 2;
            case "SCMP_CMP_LE" -> 3;
            case "SCMP_CMP_EQ" -> 4;
            case "SCMP_CMP_GE" -> 5;
            case "SCMP_CMP_GT" -> 6;
            case "SCMP_CMP_MASKED_EQ" -> 7;
            case null, default -> throw new IOException("seccomp: comparison " + op + " is not known");
        };
    }

    private static int action(@Nullable String action, @Nullable Integer errnoRet) throws IOException {
        int data = errnoRet == null ? EPERM : errnoRet & 0xffff;
        return switch (action) {
            case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD" -> 0;
            case "SCMP_ACT_KILL_PROCESS" -> 0x8000_0000;
            case "SCMP_ACT_TRAP" -> 0x0003_0000;
            case "SCMP_ACT_ERRNO" -> ACTION_ERRNO | data;
            case "SCMP_ACT_TRACE" -> 0x7ff0_0000 | data;
            case "SCMP_ACT_LOG" -> 0x7ffc_0000;
            case "SCMP_ACT_ALLOW" -> 0x7fff_0000;
            case null, default -> throw new IOException("seccomp: action " + action + " is not supported");
        };
    }

    private static byte[] export(long context) throws IOException {
        int fd = Libc.memfd_create("seccomp", CLOSE_ON_EXEC);
        if (fd < 0) {
            throw new IOException("memfd_create: errno " + Libc.errno());
        }
        try {
            int result = Libseccomp.seccomp_export_bpf(context, fd);
            if (result < 0) {
                throw new IOException("seccomp_export_bpf: errno " + -result);
            }
            return Files.readAllBytes(Path.of("/proc/self/fd/" + fd));
        } finally {
            Libc.close(fd);
        }
    }

    /** Puts the check for native system calls above {@code newest} before the filter; BPF jumps are relative. */
    private byte[] withUnknownAsMissing(byte[] filter, int newest) {
        final int loadWord = 0x20;
        final int jumpEqual = 0x15;
        final int jumpGreaterOrEqual = 0x35;
        final int jumpGreater = 0x25;
        final int returnConstant = 0x06;
        final int x32Bit = 0x4000_0000;
        var extended = ByteBuffer.allocate(6 * Long.BYTES + filter.length).order(ByteOrder.nativeOrder());
        // struct seccomp_data: system call number at 0, architecture at 4
        instruction(extended, loadWord, 0, 0, 4);
        instruction(extended, jumpEqual, 0, 4, host.auditArch());
        instruction(extended, loadWord, 0, 0, 0);
        instruction(extended, jumpGreaterOrEqual, 2, 0, x32Bit);
        instruction(extended, jumpGreater, 0, 1, newest);
        instruction(extended, returnConstant, 0, 0, ACTION_ERRNO | ENOSYS);
        return extended.put(filter).array();
    }

    /** struct sock_filter. */
    private static void instruction(ByteBuffer target, int code, int ifTrue, int ifFalse, int operand) {
        target.putShort((short) code).put((byte) ifTrue).put((byte) ifFalse).putInt(operand);
    }
}
