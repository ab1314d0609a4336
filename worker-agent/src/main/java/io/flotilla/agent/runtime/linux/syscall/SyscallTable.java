package io.flotilla.agent.runtime.linux.syscall;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A program in the memory layout the interpreter reads. An entry has ten 64-bit words: number, six arguments, address of
 * the result that replaces the first argument (or 0), ignored errnos, result. All memory belongs to the arena it was made in,
 * which must stay open until the child has left it.
 */
final class SyscallTable {
    static final int ENTRY_BYTES = 80;

    private static final int FIRST_ARGUMENT = 8;
    private static final int FROM = 56;
    private static final int IGNORED = 64;
    private static final int RESULT = 72;
    // no system call returns it: tells a step that never ran, or never came back
    static final long NOT_REACHED = Long.MIN_VALUE;
    private static final int MAX_ERRNO = 4095;

    private final List<SyscallProgram.Step> steps;
    private final MemorySegment table;
    private final MemorySegment data;
    private long dataUsed;

    SyscallTable(SyscallProgram program, Cpu cpu, Arena arena) {
        steps = program.steps();
        table = arena.allocate((long) ENTRY_BYTES * (steps.size() + 1), Long.BYTES);
        data = arena.allocate(
                steps.stream()
                                .flatMap(step -> step.arguments().stream())
                                .mapToLong(SyscallTable::dataBytes)
                                .sum()
                        + Long.BYTES,
                Long.BYTES);
        for (var step : steps) {
            long entry = entry(step.index());
            set(entry, step.call().number(cpu));
            for (int i = 0; i < step.arguments().size(); i++) {
                if (step.arguments().get(i) instanceof Argument.ResultOf(var earlier)) {
                    set(entry + FROM, table.address() + entry(earlier.index()) + RESULT);
                } else {
                    set(
                            entry + FIRST_ARGUMENT + (long) Long.BYTES * i,
                            place(step.arguments().get(i)));
                }
            }
            set(entry + IGNORED, step.ignoredErrnos());
            set(entry + RESULT, NOT_REACHED);
        }
        set(entry(steps.size()), -1);
    }

    long address() {
        return table.address();
    }

    /** What the step returned: a value, a negative errno, or {@link #NOT_REACHED}. */
    long result(SyscallProgram.Step step) {
        return table.get(ValueLayout.JAVA_LONG, entry(step.index()) + RESULT);
    }

    static boolean isError(long result) {
        return result < 0 && result >= -MAX_ERRNO;
    }

    private static long entry(int index) {
        return (long) ENTRY_BYTES * index;
    }

    private void set(long offset, long value) {
        table.set(ValueLayout.JAVA_LONG, offset, value);
    }

    private static long dataBytes(Argument argument) {
        return switch (argument) {
            case Argument.Value _, Argument.ResultOf _ -> 0;
            case Argument.Text text -> aligned(text.sizeBytes() + 1);
            case Argument.Bytes(byte[] bytes) -> aligned(bytes.length);
            case Argument.Filter(byte[] instructions) -> aligned(instructions.length) + 2 * Long.BYTES;
            case Argument.Texts(var texts) ->
                (long) Long.BYTES * (texts.size() + 1)
                        + texts.stream().mapToLong(SyscallTable::dataBytes).sum();
        };
    }

    private static long aligned(long sizeBytes) {
        return (sizeBytes + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
    }

    /** Copies what the argument points to, and gives the argument's value. */
    private long place(Argument argument) {
        return switch (argument) {
            case Argument.Value(long value) -> value;
            case Argument.ResultOf _ -> 0;
            case Argument.Text(var text) -> copy(text.getBytes(StandardCharsets.UTF_8), 1);
            case Argument.Bytes(byte[] bytes) -> copy(bytes, 0);
            case Argument.Filter(byte[] instructions) -> {
                long code = copy(instructions, 0);
                MemorySegment header = take(2 * Long.BYTES);
                // struct sock_fprog: u16 count of 8-byte instructions, pointer
                header.set(ValueLayout.JAVA_SHORT, 0, (short) (instructions.length / Long.BYTES));
                header.set(ValueLayout.JAVA_LONG, Long.BYTES, code);
                yield header.address();
            }
            case Argument.Texts(var texts) -> {
                MemorySegment pointers = take((long) Long.BYTES * (texts.size() + 1));
                for (int i = 0; i < texts.size(); i++) {
                    pointers.setAtIndex(ValueLayout.JAVA_LONG, i, place(texts.get(i)));
                }
                yield pointers.address();
            }
        };
    }

    private long copy(byte[] bytes, int zeroBytesAfter) {
        MemorySegment target = take(bytes.length + (long) zeroBytesAfter);
        MemorySegment.copy(bytes, 0, target, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return target.address();
    }

    private MemorySegment take(long sizeBytes) {
        MemorySegment slice = data.asSlice(dataUsed, sizeBytes);
        dataUsed += aligned(sizeBytes);
        return slice;
    }
}
