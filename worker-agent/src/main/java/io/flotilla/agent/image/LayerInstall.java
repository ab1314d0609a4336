package io.flotilla.agent.image;

import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.archive.ArchivedImage;
import io.flotilla.agent.image.content.BoundedInput;
import io.flotilla.agent.image.content.Compression;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.layer.LayerUnpacker;
import io.flotilla.agent.image.layer.UnpackLimits;
import io.flotilla.agent.image.layer.UnpackedLayer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;

/** Unpacks one layer's blob into a folder that is not part of the store yet, and verifies that it is what the image says. */
final class LayerInstall {

    private LayerInstall() {}

    record Installed(UnpackedLayer unpacked, Compression compression) {}

    /**
     * @param folder does not exist yet; what a failure leaves there, the caller deletes
     * @param scratch the same
     */
    static Installed unpack(
            ArchivedImage.Layer layer, Path folder, Path scratch, UnpackLimits limits, LayerProgress.Told told)
            throws IOException, ImageRefused {
        Files.createDirectory(folder);
        // what Docker gives the root when the tar does not mention it; the umask must not matter
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectory(scratch);
        try (InputStream blob = Files.newInputStream(layer.blob().file())) {
            InputStream read =
                    new BufferedInputStream(new LayerProgress(blob, layer.blob().sizeBytes(), told), 64 * 1024);
            Compression compression = Compression.detect(read);
            DigestInputStream tar = new DigestInputStream(bounded(read, limits), Digest.sha256());
            UnpackedLayer unpacked = LayerUnpacker.unpack(tar, folder, scratch, limits);
            Digest actual = Digest.ofFinished(tar.getMessageDigest());
            if (!actual.equals(layer.diffId())) {
                throw new ImageRefused(
                        Reason.INVALID, "layer " + layer.diffId() + " of the image has content with digest " + actual);
            }
            return new Installed(unpacked, compression);
        }
    }

    private static InputStream bounded(InputStream blob, UnpackLimits limits) throws ImageRefused {
        try {
            return new BoundedInput(Compression.decompress(blob), limits.unpackedBytes(), "it");
        } catch (IOException e) {
            ImageRefused refused = new ImageRefused(Reason.INVALID, "layer cannot be read: " + Compression.reason(e));
            refused.initCause(e);
            throw refused;
        }
    }
}
