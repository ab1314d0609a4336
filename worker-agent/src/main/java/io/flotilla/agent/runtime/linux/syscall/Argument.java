package io.flotilla.agent.runtime.linux.syscall;

import java.util.List;

/** One argument of a system call, before it has an address. */
public sealed interface Argument {
    /** The value itself: a number, a descriptor, flags. */
    record Value(long value) implements Argument {}

    /** Address of a NUL-terminated string in UTF-8. */
    record Text(String text) implements Argument {
        public Text {
            if (text.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("string with a NUL byte: " + text.replace('\0', '?'));
            }
        }

        int sizeBytes() {
            return text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
        }
    }

    /** Address of a structure, aligned to 8 bytes. */
    record Bytes(byte[] bytes) implements Argument {}

    /** Address of a NULL-terminated array of strings. */
    record Texts(List<Text> texts) implements Argument {}

    /** Address of a struct sock_fprog with these instructions. */
    record Filter(byte[] instructions) implements Argument {}

    /** What an earlier step returned; only as the first argument. */
    record ResultOf(SyscallProgram.Step step) implements Argument {}

    static Value value(long value) {
        return new Value(value);
    }

    static Text text(String text) {
        return new Text(text);
    }

    static Texts texts(List<String> texts) {
        return new Texts(texts.stream().map(Text::new).toList());
    }

    static Bytes bytes(byte[] bytes) {
        return new Bytes(bytes);
    }

    static ResultOf resultOf(SyscallProgram.Step step) {
        return new ResultOf(step);
    }

    /** A NULL pointer. */
    static Value none() {
        return new Value(0);
    }
}
