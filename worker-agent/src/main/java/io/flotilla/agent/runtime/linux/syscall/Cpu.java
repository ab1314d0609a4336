package io.flotilla.agent.runtime.linux.syscall;

import java.util.HexFormat;

/**
 * What differs between CPU types: the table interpreter's machine code (source in {@code interpreter-*.s} beside this
 * class's resources; a test assembles and compares it) and the layout of the one packed structure we use.
 */
public enum Cpu {
    X86_64(
            "x86_64",
            "4889fb488b034885c0784a488b7b08488b4b384885c97403488b39488b7310488b53184c8b53204c8b43284c8b4b300f05"
                    + "4889434848f7d8483dff0f0000770f83f83f7710488b4b40480fa3c173064883c350ebae97b8e70000000f05",
            // struct epoll_event is packed on x86-64 only
            4),
    AARCH64(
            "aarch64",
            "f30300aa680645f82802f8b760867ba969825ef8490000b4200140f9628e7ca964967da9010000d460821ff8e00300cb"
                    + "1ffc3ff188feff541ffc00f18800005469025ff82925c09ae9fd0737c80b80d2010000d4",
            8);

    private static final Cpu HOST = of(System.getProperty("os.arch"));

    private final String label;
    private final byte[] interpreter;
    private final int epollDataOffset;

    Cpu(String label, String interpreterHex, int epollDataOffset) {
        this.label = label;
        this.interpreter = HexFormat.of().parseHex(interpreterHex);
        this.epollDataOffset = epollDataOffset;
    }

    /** The type this JVM runs on. */
    public static Cpu host() {
        return HOST;
    }

    private static Cpu of(String osArch) {
        return switch (osArch) {
            case "amd64", "x86_64" -> X86_64;
            case "aarch64", "arm64" -> AARCH64;
            default ->
                throw new UnsupportedOperationException("containers on CPU type " + osArch + " are not supported");
        };
    }

    byte[] interpreter() {
        return interpreter.clone();
    }

    /** As in the name of the interpreter's source file. */
    String label() {
        return label;
    }

    /** Offset of {@code data} in struct epoll_event; the structure ends 8 bytes after it. */
    public int epollDataOffset() {
        return epollDataOffset;
    }
}
