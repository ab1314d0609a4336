package io.flotilla.agent.runtime.linux.cgroup;

import io.flotilla.agent.runtime.linux.syscall.Libc;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A BPF program of type CGROUP_DEVICE, attached to the group: the kernel asks it at each open and mknod of a device
 * (cgroup-v2, "Device controller"; bpf(2)). The group keeps it; no descriptor stays open.
 */
final class BpfDeviceGate implements DeviceGate {
    private static final int PROG_LOAD = 5;
    private static final int PROG_ATTACH = 8;
    private static final int PROG_TYPE_CGROUP_DEVICE = 15;
    private static final int ATTACH_CGROUP_DEVICE = 6;
    private static final int ALLOW_MULTI = 2;
    private static final int LOAD_BYTES = 48;
    private static final int ATTACH_BYTES = 16;

    // linux/bpf.h: struct bpf_cgroup_dev_ctx { u32 access_type, major, minor; }, access in the upper half
    private static final int DEVICE_BLOCK = 1;
    private static final int DEVICE_CHARACTER = 2;
    private static final int ACCESS_MKNOD = 1;
    private static final int ACCESS_READ = 2;
    private static final int ACCESS_WRITE = 4;

    // instruction codes of linux/bpf.h and bpf_common.h
    private static final int LOAD_WORD = 0x61;
    private static final int AND_32 = 0x54;
    private static final int SHIFT_RIGHT_32 = 0x74;
    private static final int MOVE_32 = 0xbc;
    private static final int JUMP_IF_NOT = 0x55;
    private static final int JUMP_IF_NOT_REGISTER = 0x5d;
    private static final int SET = 0xb7;
    private static final int EXIT = 0x95;

    private static final int RESULT = 0;
    private static final int CONTEXT = 1; // and scratch, once all is read from it
    private static final int TYPE = 2;
    private static final int ACCESS = 3;
    private static final int MAJOR = 4;
    private static final int MINOR = 5;

    private record Instruction(int code, int target, int source, int offset, int operand) {}

    @Override
    public void allowOnly(Path group, List<DeviceRule> rules) throws IOException {
        int program = load(program(rules));
        try {
            int folder = Libc.open(group.toString(), Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
            if (folder < 0) {
                throw new IOException("open " + group + ": errno " + Libc.errno());
            }
            try {
                attach(program, folder, group);
            } finally {
                Libc.close(folder);
            }
        } finally {
            Libc.close(program);
        }
    }

    private static int load(List<Instruction> instructions) throws IOException {
        var code = ByteBuffer.allocateDirect(instructions.size() * Long.BYTES).order(ByteOrder.nativeOrder());
        for (Instruction instruction : instructions) {
            // struct bpf_insn { u8 code; u8 dst:4, src:4; s16 off; s32 imm; }
            code.put((byte) instruction.code())
                    .put((byte) (instruction.target() | instruction.source() << 4))
                    .putShort((short) instruction.offset())
                    .putInt(instruction.operand());
        }
        try (var arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(LOAD_BYTES, Long.BYTES);
            attributes.set(ValueLayout.JAVA_INT, 0, PROG_TYPE_CGROUP_DEVICE);
            attributes.set(ValueLayout.JAVA_INT, 4, instructions.size());
            attributes.set(
                    ValueLayout.JAVA_LONG,
                    8,
                    MemorySegment.ofBuffer(code.flip()).address());
            attributes.set(
                    ValueLayout.JAVA_LONG, 16, arena.allocateFrom("Apache-2.0").address());
            int program = Libc.bpf(PROG_LOAD, attributes.address(), LOAD_BYTES);
            if (program < 0) {
                throw new IOException("loading the device filter (bpf): errno " + Libc.errno());
            }
            return program;
        } finally {
            Reference.reachabilityFence(code);
        }
    }

    private static void attach(int program, int folder, Path group) throws IOException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(ATTACH_BYTES, Long.BYTES);
            attributes.set(ValueLayout.JAVA_INT, 0, folder);
            attributes.set(ValueLayout.JAVA_INT, 4, program);
            attributes.set(ValueLayout.JAVA_INT, 8, ATTACH_CGROUP_DEVICE);
            attributes.set(ValueLayout.JAVA_INT, 12, ALLOW_MULTI);
            if (Libc.bpf(PROG_ATTACH, attributes.address(), ATTACH_BYTES) < 0) {
                throw new IOException("attaching the device filter (bpf) to " + group + ": errno " + Libc.errno());
            }
        }
    }

    private static List<Instruction> program(List<DeviceRule> rules) {
        var program = new ArrayList<>(List.of(
                new Instruction(LOAD_WORD, TYPE, CONTEXT, 0, 0),
                new Instruction(AND_32, TYPE, 0, 0, 0xffff),
                new Instruction(LOAD_WORD, ACCESS, CONTEXT, 0, 0),
                new Instruction(SHIFT_RIGHT_32, ACCESS, 0, 0, 16),
                new Instruction(LOAD_WORD, MAJOR, CONTEXT, 4, 0),
                new Instruction(LOAD_WORD, MINOR, CONTEXT, 8, 0)));
        rules.forEach(rule -> program.addAll(allowing(rule)));
        program.add(new Instruction(SET, RESULT, 0, 0, 0));
        program.add(new Instruction(EXIT, 0, 0, 0, 0));
        return program;
    }

    /** Returns 1 where the rule holds, else goes on behind it. */
    private static List<Instruction> allowing(DeviceRule rule) {
        var checks = new ArrayList<Instruction>();
        if (rule.type() != 'a') {
            checks.add(new Instruction(JUMP_IF_NOT, TYPE, 0, 0, rule.type() == 'b' ? DEVICE_BLOCK : DEVICE_CHARACTER));
        }
        checks.add(new Instruction(MOVE_32, CONTEXT, ACCESS, 0, 0));
        checks.add(new Instruction(AND_32, CONTEXT, 0, 0, accessMask(rule.access())));
        checks.add(new Instruction(JUMP_IF_NOT_REGISTER, CONTEXT, ACCESS, 0, 0));
        Integer major = rule.major();
        if (major != null) {
            checks.add(new Instruction(JUMP_IF_NOT, MAJOR, 0, 0, major));
        }
        Integer minor = rule.minor();
        if (minor != null) {
            checks.add(new Instruction(JUMP_IF_NOT, MINOR, 0, 0, minor));
        }
        checks.add(new Instruction(SET, RESULT, 0, 0, 1));
        checks.add(new Instruction(EXIT, 0, 0, 0, 0));
        for (int i = 0; i < checks.size(); i++) {
            Instruction check = checks.get(i);
            if (check.code() == JUMP_IF_NOT || check.code() == JUMP_IF_NOT_REGISTER) {
                int behind = checks.size() - i - 1;
                checks.set(i, new Instruction(check.code(), check.target(), check.source(), behind, check.operand()));
            }
        }
        return checks;
    }

    private static int accessMask(String access) {
        return (access.contains("m") ? ACCESS_MKNOD : 0)
                | (access.contains("r") ? ACCESS_READ : 0)
                | (access.contains("w") ? ACCESS_WRITE : 0);
    }
}
