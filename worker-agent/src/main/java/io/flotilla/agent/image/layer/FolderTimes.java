package io.flotilla.agent.image.layer;

import io.flotilla.agent.runtime.linux.files.Octets;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * The times folders are to get when all is unpacked, because making files inside changes them. Kept in a file: a layer can have
 * millions of folders with long names. One thread.
 */
final class FolderTimes implements Closeable {
    private final Path file;
    private final DataOutputStream out;

    interface Visitor {
        void visit(EntryPath folder, Instant time) throws IOException;
    }

    /** @param file does not exist yet; the caller deletes it */
    FolderTimes(Path file) throws IOException {
        this.file = file;
        this.out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)));
    }

    void add(EntryPath folder, Instant time) throws IOException {
        byte[] path = Octets.bytes(folder.octets());
        out.writeShort(path.length);
        out.write(path);
        out.writeLong(time.getEpochSecond());
        out.writeInt(time.getNano());
    }

    /** In the order of addition; nothing is added afterwards. */
    void forEach(Visitor visitor) throws IOException {
        out.close();
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            while (in.available() > 0) {
                String path = Octets.of(in.readNBytes(in.readUnsignedShort()));
                visitor.visit(EntryPath.ofOctets(path), Instant.ofEpochSecond(in.readLong(), in.readInt()));
            }
        }
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
