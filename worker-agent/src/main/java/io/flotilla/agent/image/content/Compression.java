package io.flotilla.agent.image.content;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/** How archives and layers are compressed. The content tells, as for Docker: docker-archives have no media types. */
public enum Compression {
    NONE,
    GZIP,
    ZSTD;

    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int MAGIC_BYTES = 4;

    /** Looks at the first bytes and leaves them in the stream, which must support mark. */
    public static Compression detect(InputStream in) throws IOException {
        in.mark(MAGIC_BYTES);
        byte[] magic = in.readNBytes(MAGIC_BYTES);
        in.reset();
        if (startsWith(magic, 0x1f, 0x8b)) {
            return GZIP;
        }
        return startsWith(magic, 0x28, 0xb5, 0x2f, 0xfd) ? ZSTD : NONE;
    }

    /** The uncompressed content, whatever its compression; several gzip members or zstd frames are one content. */
    public static InputStream decompress(InputStream in) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(in, BUFFER_BYTES);
        return switch (detect(buffered)) {
            case NONE -> buffered;
            case GZIP -> new BufferedInputStream(gunzip(buffered), BUFFER_BYTES);
            case ZSTD -> new BufferedInputStream(new ZstdInputStream(buffered), BUFFER_BYTES);
        };
    }

    /** Why content cannot be read, in words: what ends too early has none of its own. */
    public static String reason(IOException unreadable) {
        return unreadable instanceof EOFException || unreadable.getMessage() == null
                ? "it ends in the middle of its content"
                : unreadable.getMessage();
    }

    private static InputStream gunzip(InputStream in) throws IOException {
        return GzipCompressorInputStream.builder()
                .setInputStream(in)
                .setDecompressConcatenated(true)
                .get();
    }

    private static boolean startsWith(byte[] bytes, int... magic) {
        if (bytes.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if (Byte.toUnsignedInt(bytes[i]) != magic[i]) {
                return false;
            }
        }
        return true;
    }
}
