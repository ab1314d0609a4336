package io.flotilla.agent.image.archive;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.content.Blob;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.runtime.linux.files.Octets;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;

/** The files of an archive by their names in it; the content is in temporary files. One thread. */
final class ArchiveFiles {
    /** Links to links do not occur in real archives; a cycle must end. */
    private static final int MAX_LINKS = 4;

    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final Map<String, Blob> blobs;
    private final Map<String, String> links;
    private final int metadataBytes;
    private long metadataLeftBytes;

    /**
     * @param blobs by normalised name in octets
     * @param links target by name, both normalised: old versions of docker save put a layer once and link to it
     * @param metadataBytes what all calls of {@link #json} together may read
     */
    ArchiveFiles(Map<String, Blob> blobs, Map<String, String> links, int metadataBytes) {
        this.blobs = Map.copyOf(blobs);
        this.links = Map.copyOf(links);
        this.metadataBytes = metadataBytes;
        this.metadataLeftBytes = metadataBytes;
    }

    /** @return without {@code .}, {@code ..} and empty names; empty when {@code ..} leads out */
    static Optional<String> normalise(String octets) {
        Deque<String> names = new ArrayDeque<>();
        for (String name : octets.split("/", -1)) {
            if (name.equals("..")) {
                if (names.pollLast() == null) {
                    return Optional.empty();
                }
            } else if (!name.isEmpty() && !name.equals(".")) {
                names.addLast(name);
            }
        }
        return Optional.of(String.join("/", names));
    }

    /** @param name as another file of the archive has it */
    Optional<Blob> find(String name) {
        Optional<String> current = normalise(Octets.ofText(name));
        for (int followed = 0; followed <= MAX_LINKS && current.isPresent(); followed++) {
            Blob blob = blobs.get(current.get());
            if (blob != null) {
                return Optional.of(blob);
            }
            current = Optional.ofNullable(links.get(current.get()));
        }
        return Optional.empty();
    }

    Blob require(String name, String where) throws ImageRefused {
        return find(name)
                .orElseThrow(() -> new ImageRefused(
                        Reason.INVALID, "image archive has no file " + name + ", which " + where + " names"));
    }

    /** A blob of the OCI image layout; its content was compared with its name when it was read. */
    Blob require(Digest digest, String where) throws ImageRefused {
        return require(blobName(digest), where);
    }

    static String blobName(Digest digest) {
        return "blobs/sha256/" + digest.hex();
    }

    JsonNode json(Blob blob, String name) throws IOException, ImageRefused {
        metadataLeftBytes -= blob.sizeBytes();
        if (metadataLeftBytes < 0) {
            throw new ImageRefused(
                    Reason.INVALID,
                    "image archive: its manifests and configurations up to " + name + " are larger than "
                            + metadataBytes + " bytes");
        }
        try {
            return JSON.readTree(Files.readAllBytes(blob.file()));
        } catch (JsonProcessingException e) {
            throw new ImageRefused(
                    Reason.INVALID, "image archive: " + name + " is not valid JSON: " + e.getOriginalMessage());
        }
    }
}
