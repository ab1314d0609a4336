package io.flotilla.agent.runtime.linux.netlink;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * One request under construction: nlmsghdr, a family's fixed header, attributes (netlink(7), rtnetlink(7)). All integers in
 * the host's byte order unless a method says otherwise. One thread.
 */
final class NetlinkRequest {
    static final int NLM_F_REQUEST = 1;
    static final int NLM_F_ACK = 4;
    static final int NLM_F_REPLACE = 0x100;
    static final int NLM_F_EXCL = 0x200;
    static final int NLM_F_CREATE = 0x400;
    static final int NLM_F_DUMP = 0x300;

    static final int HEADER_BYTES = 16;
    static final int NLA_F_NESTED = 0x8000;
    /** Far above what any request here needs; the kernel itself takes up to 32 KiB. */
    private static final int MAX_BYTES = 4096;

    private final String name;
    private final String target;
    private final ByteBuffer bytes = ByteBuffer.allocate(MAX_BYTES).order(ByteOrder.nativeOrder());
    private final Deque<Integer> open = new ArrayDeque<>();

    /**
     * @param name what the message is called, for errors
     * @param target what it is about, for errors
     */
    NetlinkRequest(String name, String target, int type, int flags) {
        this.name = name;
        this.target = target;
        bytes.putInt(0).putShort((short) type).putShort((short) (flags | NLM_F_REQUEST));
        bytes.putInt(0).putInt(0);
    }

    String name() {
        return name;
    }

    String target() {
        return target;
    }

    NetlinkRequest u8(int value) {
        bytes.put((byte) value);
        return this;
    }

    NetlinkRequest u16(int value) {
        bytes.putShort((short) value);
        return this;
    }

    NetlinkRequest u32(int value) {
        bytes.putInt(value);
        return this;
    }

    NetlinkRequest attribute(int type, byte[] value) {
        if (bytes.remaining() < 8 + value.length) {
            throw new BufferOverflowException();
        }
        bytes.putShort((short) (4 + value.length)).putShort((short) type).put(value);
        pad();
        return this;
    }

    NetlinkRequest attribute(int type, int value) {
        return attribute(
                type,
                ByteBuffer.allocate(4)
                        .order(ByteOrder.nativeOrder())
                        .putInt(value)
                        .array());
    }

    /** As the kernel's NLA_NUL_STRING. */
    NetlinkRequest attribute(int type, String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        return attribute(type, Arrays.copyOf(text, text.length + 1));
    }

    NetlinkRequest nest(int type) {
        open.push(bytes.position());
        bytes.putShort((short) 0).putShort((short) (type | NLA_F_NESTED));
        return this;
    }

    NetlinkRequest end() {
        int start = open.pop();
        bytes.putShort(start, (short) (bytes.position() - start));
        return this;
    }

    private void pad() {
        while (bytes.position() % 4 != 0) {
            bytes.put((byte) 0);
        }
    }

    /** The finished message with its length, the given sequence number and more flags. */
    byte[] encode(int sequence, int moreFlags) {
        if (!open.isEmpty()) {
            throw new IllegalStateException(name + " has " + open.size() + " attributes that are not ended");
        }
        byte[] message = Arrays.copyOf(bytes.array(), bytes.position());
        ByteBuffer header = ByteBuffer.wrap(message).order(ByteOrder.nativeOrder());
        header.putInt(0, message.length);
        header.putShort(6, (short) (header.getShort(6) | moreFlags));
        header.putInt(8, sequence);
        return message;
    }
}
