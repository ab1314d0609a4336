package io.flotilla.agent.runtime.linux.syscall;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * An executable that waits until it is killed, in a file of the kernel's memory: an ELF header, one segment, and a loop around
 * ppoll(2) without descriptors (source in {@code keeper-*.s} beside this class's resources; a test assembles and compares it).
 */
public final class KeeperProgram {
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_EXEC = 0x10;
    private static final int ELF_HEADER_BYTES = 64;
    private static final int SEGMENT_HEADER_BYTES = 56;
    private static final long LOAD_ADDRESS = 0x40_0000;
    private static final int ENTRY_OFFSET = ELF_HEADER_BYTES + SEGMENT_HEADER_BYTES;
    private static final int PAGE_BYTES = 65536;

    private KeeperProgram() {}

    static byte[] code(Cpu cpu) {
        return HexFormat.of()
                .parseHex(
                        switch (cpu) {
                            case X86_64 -> "31ff31f631d24d31d2b80f0100000f05ebee";
                            case AARCH64 -> "000080d2010080d2020080d2030080d2280980d2010000d4faffff17";
                        });
    }

    /** elf(5): one executable without sections, mapped whole. */
    static byte[] executable(Cpu cpu) {
        final short executable = 2;
        final short machine = (short) (cpu == Cpu.X86_64 ? 62 : 183);
        final int loadable = 1;
        final int readAndExecute = 5;
        byte[] code = code(cpu);
        int sizeBytes = ENTRY_OFFSET + code.length;
        return ByteBuffer.allocate(sizeBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                // 64 bit, little endian, version 1
                .put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0})
                .putShort(executable)
                .putShort(machine)
                .putInt(1)
                .putLong(LOAD_ADDRESS + ENTRY_OFFSET)
                .putLong(ELF_HEADER_BYTES)
                .putLong(0)
                .putInt(0)
                .putShort((short) ELF_HEADER_BYTES)
                .putShort((short) SEGMENT_HEADER_BYTES)
                .putShort((short) 1)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) 0)
                .putInt(loadable)
                .putInt(readAndExecute)
                .putLong(0)
                .putLong(LOAD_ADDRESS)
                .putLong(LOAD_ADDRESS)
                .putLong(sizeBytes)
                .putLong(sizeBytes)
                .putLong(PAGE_BYTES)
                .put(code)
                .array();
    }

    /** @return a descriptor to execute, close-on-exec; negative: {@link Libc#errno()} tells why not */
    public static int open() {
        final String name = "flotilla-keeper";
        byte[] bytes = executable(Cpu.host());
        // since Linux 6.3; older ones don't know the flag, and need none
        int withFlag = Libc.memfd_create(name, MFD_CLOEXEC | MFD_EXEC);
        int fd = withFlag >= 0 ? withFlag : Libc.memfd_create(name, MFD_CLOEXEC);
        if (fd < 0) {
            return fd;
        }
        try (var arena = Arena.ofConfined()) {
            MemorySegment image = arena.allocate(bytes.length);
            MemorySegment.copy(bytes, 0, image, ValueLayout.JAVA_BYTE, 0, bytes.length);
            if (Libc.write(fd, image.address(), bytes.length) != bytes.length) {
                throw new IllegalStateException("write to a memfd: errno " + Libc.errno());
            }
        }
        return fd;
    }
}
