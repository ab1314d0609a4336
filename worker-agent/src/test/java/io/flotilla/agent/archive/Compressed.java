package io.flotilla.agent.archive;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;

/** Content as other programs compress it. */
final class Compressed {
    private Compressed() {}

    static byte[] bzip2(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream compressed = new BZip2CompressorOutputStream(out)) {
            compressed.write(content);
        }
        return out.toByteArray();
    }

    static byte[] xz(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream compressed = new XZCompressorOutputStream(out)) {
            compressed.write(content);
        }
        return out.toByteArray();
    }
}
