package io.flotilla.agent.image.content;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream that fails once more than its limit has been read: a few bytes of zstd can unpack to terabytes. */
public final class BoundedInput extends FilterInputStream {
    private static final int SKIP_BUFFER_BYTES = 8192;

    private final String what;
    private final long limitBytes;
    private long readBytes;

    /** @param what is bounded, for the message */
    public BoundedInput(InputStream in, long limitBytes, String what) {
        super(in);
        this.limitBytes = limitBytes;
        this.what = what;
    }

    @Override
    public int read() throws IOException {
        int value = in.read();
        if (value >= 0) {
            count(1);
        }
        return value;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int count = in.read(buffer, offset, length);
        if (count > 0) {
            count(count);
        }
        return count;
    }

    @Override
    public long skip(long count) throws IOException {
        byte[] scratch = new byte[Math.clamp(count, 0, SKIP_BUFFER_BYTES)];
        return scratch.length == 0 ? 0 : Math.max(0, read(scratch, 0, scratch.length));
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    private void count(int count) throws IOException {
        readBytes += count;
        if (readBytes > limitBytes) {
            throw new IOException(what + " is larger than the limit of " + limitBytes + " bytes");
        }
    }
}
