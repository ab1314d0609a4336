package io.flotilla.agent.archive;

import io.flotilla.agent.image.content.Compression;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** An archive as clients send it: plain, or by any of the programs dockerd knows, which is more than images may have. */
final class CompressedInput {
    private static final byte[] BZIP2 = {'B', 'Z', 'h'};
    private static final byte[] XZ = {(byte) 0xfd, '7', 'z', 'X', 'Z', 0};
    /** What xz -9 needs to be read, with some room (xz(1)). */
    private static final int MOST_XZ_MEMORY_KIB = 128 * 1024;

    private CompressedInput() {}

    static InputStream plain(InputStream archive) throws IOException {
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
