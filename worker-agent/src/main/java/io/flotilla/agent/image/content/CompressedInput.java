package io.flotilla.agent.image.content;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** An archive as clients send it: plain, or by any of the programs dockerd knows, which is more than layers may have. */
public final class CompressedInput {
    private static final byte[] BZIP2 = {'B', 'Z', 'h'};
    private static final byte[] XZ = {(byte) 0xfd, '7', 'z', 'X', 'Z', 0};
    /** What xz -9 needs to be read, with some room (xz(1)). */
    private static final int MOST_XZ_MEMORY_KIB = 128 * 1024;

    private CompressedInput() {}

    /**
     * @param what it is, for messages
     * @throws ImageRefused its beginning can't be uncompressed
     */
    public static InputStream plain(InputStream archive, String what) throws ImageRefused {
        try {
            return uncompressed(archive);
        } catch (IOException e) {
            ImageRefused refused = new ImageRefused(Reason.INVALID, what + " cannot be read: " + Compression.reason(e));
            refused.initCause(e);
            throw refused;
        }
    }

    private static InputStream uncompressed(InputStream archive) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(archive, 64 * 1024);
        buffered.mark(XZ.length);
        byte[] magic = buffered.readNBytes(XZ.length);
        buffered.reset();
        if (Arrays.equals(magic, XZ)) {
            return XZCompressorInputStream.builder()
                    .setInputStream(buffered)
                    .setDecompressConcatenated(true)
                    .setMemoryLimitKiB(MOST_XZ_MEMORY_KIB)
                    .get();
        }
        if (magic.length >= BZIP2.length && Arrays.equals(Arrays.copyOf(magic, BZIP2.length), BZIP2)) {
            return new BZip2CompressorInputStream(buffered, true);
        }
        return Compression.decompress(buffered);
    }
}
