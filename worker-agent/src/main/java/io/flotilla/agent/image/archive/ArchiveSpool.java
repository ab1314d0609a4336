package io.flotilla.agent.image.archive;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.content.Blob;
import io.flotilla.agent.image.content.BoundedInput;
import io.flotilla.agent.image.content.CompressedInput;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.layer.TarEntry;
import io.flotilla.agent.image.layer.TarReader;
import io.flotilla.agent.runtime.linux.files.Octets;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Writes an archive's members to numbered temporary files as they come: the manifest that says what they are is often the last.
 * Their names never become paths of this node. One archive, one thread.
 */
final class ArchiveSpool {
    private static final String BLOB_FOLDER = "blobs/sha256/";
    /** All names are held in memory; real ones have two digests at most. */
    private static final int MAX_NAME_BYTES = 512;

    private final Path folder;
    private final ArchiveLimits limits;
    private final byte[] buffer = new byte[128 * 1024];
    private final Map<String, Blob> blobs = new HashMap<>();
    private final Map<String, String> links = new HashMap<>();
    private int spooled;

    ArchiveSpool(Path folder, ArchiveLimits limits) {
        this.folder = folder;
        this.limits = limits;
    }

    ArchiveFiles read(InputStream archive) throws IOException, ImageRefused {
        InputStream plain = CompressedInput.plain(archive, "image archive");
        TarReader tar = new TarReader(new BoundedInput(plain, limits.contentBytes(), "it"), "image archive");
        int entries = 0;
        Optional<TarEntry> entry = tar.next();
        while (entry.isPresent()) {
            if (++entries > limits.entries()) {
                throw new ImageRefused(Reason.INVALID, "image archive has more than " + limits.entries() + " files");
            }
            accept(entry.get(), tar);
            entry = tar.next();
        }
        tar.drainRest();
        return new ArchiveFiles(blobs, links, limits.metadataBytes());
    }

    private void accept(TarEntry entry, TarReader tar) throws IOException, ImageRefused {
        String name = normalised(entry.name());
        switch (entry.kind()) {
            case DIRECTORY -> {}
            case FILE -> blobs.put(name, spool(name, tar));
            case HARD_LINK -> links.put(name, normalised(entry.linkTarget()));
            case SYMBOLIC_LINK -> {
                String parent = name.substring(0, name.lastIndexOf('/') + 1);
                links.put(name, normalised(parent + entry.linkTarget()));
            }
            case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO ->
                throw new ImageRefused(Reason.INVALID, "image archive has special file " + Octets.toText(name));
        }
    }

    private static String normalised(String octets) throws ImageRefused {
        if (octets.length() > MAX_NAME_BYTES) {
            throw new ImageRefused(Reason.INVALID, "image archive has a path longer than " + MAX_NAME_BYTES + " bytes");
        }
        return ArchiveFiles.normalise(octets)
                .orElseThrow(() -> new ImageRefused(
                        Reason.INVALID, "image archive has a path that leads outside of it: " + Octets.toText(octets)));
    }

    private Blob spool(String name, TarReader tar) throws IOException, ImageRefused {
        Path file = folder.resolve("file-" + spooled++);
        MessageDigest sum = Digest.sha256();
        long sizeBytes = 0;
        try (OutputStream out = new FileOutputStream(file.toFile())) {
            int count = tar.read(buffer);
            while (count > 0) {
                sum.update(buffer, 0, count);
                out.write(buffer, 0, count);
                sizeBytes += count;
                count = tar.read(buffer);
            }
        }
        Digest digest = Digest.ofFinished(sum);
        if (name.startsWith(BLOB_FOLDER)
                && !name.substring(BLOB_FOLDER.length()).equals(digest.hex())) {
            throw new ImageRefused(
                    Reason.INVALID, "image archive: content of " + Octets.toText(name) + " has digest " + digest);
        }
        return new Blob(file, digest, sizeBytes);
    }
}
