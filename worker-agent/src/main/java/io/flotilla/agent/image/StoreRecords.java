package io.flotilla.agent.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.StoredImage.LayerSize;
import io.flotilla.agent.image.content.Compression;
import io.flotilla.agent.image.content.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The small JSON files of the store, and the images they describe. */
final class StoreRecords {
    private static final ObjectMapper JSON =
            new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE);

    private static final Pattern FOLDER_NAME = Pattern.compile("[0-9a-z]{1,12}");

    private StoreRecords() {}

    /** @param layers diff IDs from the bottom up */
    record ImageRecord(List<String> names, List<String> layers) {}

    /**
     * @param folder name of the unpacked layer in {@link StoreFolders#unpacked()}
     * @param sizeBytes unpacked
     * @param hidesLower nothing of the layers below shows
     */
    record LayerRecord(
            String diffId,
            String folder,
            long sizeBytes,
            boolean hidesLower,
            String blobDigest,
            long blobSizeBytes,
            Compression compression) {

        String mediaType() {
            String tar = "application/vnd.oci.image.layer.v1.tar";
            return switch (compression) {
                case NONE -> tar;
                case GZIP -> tar + "+gzip";
                case ZSTD -> tar + "+zstd";
            };
        }
    }

    static byte[] write(Object imageOrLayer) throws JsonProcessingException {
        return JSON.writeValueAsBytes(imageOrLayer);
    }

    /** The layers whose record and content are whole; the others are garbage of a load that did not finish. */
    static Map<Digest, LayerRecord> readLayers(StoreFolders folders) throws IOException {
        Map<Digest, LayerRecord> layers = new HashMap<>();
        for (Path file : StoreFolders.content(folders.layers())) {
            Optional<LayerRecord> layer = parse(file, LayerRecord.class);
            if (layer.isPresent() && isWhole(folders, layer.get())) {
                Digest.of(layer.get().diffId()).ifPresent(diffId -> layers.put(diffId, layer.get()));
            }
        }
        return layers;
    }

    /** @throws IncompleteImage when not all it needs is there */
    static StoredImage readImage(StoreFolders folders, Digest id, Map<Digest, LayerRecord> layers)
            throws IOException, IncompleteImage {
        ImageRecord image = parse(folders.image(id), ImageRecord.class)
                .orElseThrow(() -> new IncompleteImage("its record is damaged"));
        Path blob = folders.blob(id);
        byte[] config = Files.isRegularFile(blob) ? Files.readAllBytes(blob) : new byte[0];
        if (!Digest.ofContent(config).equals(id)) {
            throw new IncompleteImage("its configuration is missing or damaged");
        }
        List<LayerRecord> own = new ArrayList<>();
        for (String diffId : image.layers()) {
            own.add(Digest.of(diffId)
                    .map(layers::get)
                    .orElseThrow(() -> new IncompleteImage("layer " + diffId + " is missing or damaged")));
        }
        return storedImage(id, image.names(), JSON.readValue(config, ObjectNode.class), own);
    }

    private static boolean isWhole(StoreFolders folders, LayerRecord layer) {
        return FOLDER_NAME.matcher(layer.folder()).matches()
                && Files.isDirectory(folders.unpacked().resolve(layer.folder()), LinkOption.NOFOLLOW_LINKS)
                && Digest.of(layer.blobDigest())
                        .map(digest -> Files.isRegularFile(folders.blob(digest)))
                        .orElse(false);
    }

    private static <T> Optional<T> parse(Path file, Class<T> type) throws IOException {
        try {
            return Optional.of(JSON.readValue(file.toFile(), type));
        } catch (JsonProcessingException damaged) {
            return Optional.empty();
        }
    }

    static StoredImage storedImage(Digest id, List<String> names, ObjectNode config, List<LayerRecord> layers) {
        List<LayerSize> sizes = layers.stream()
                .map(layer -> new LayerSize(layer.diffId(), layer.sizeBytes()))
                .toList();
        long sizeBytes = sizes.stream().mapToLong(LayerSize::sizeBytes).sum();
        return new StoredImage(id.toString(), List.copyOf(names), config, sizes, sizeBytes, created(config));
    }

    /** An image need not say when it was made; Docker shows such ones as made at the beginning of time. */
    private static Instant created(ObjectNode config) {
        try {
            return OffsetDateTime.parse(config.path("created").asText()).toInstant();
        } catch (DateTimeException absent) {
            return Instant.EPOCH;
        }
    }

    /** A record that leads to content which is not there; only an outside hand can have taken it. */
    static final class IncompleteImage extends Exception {
        private static final long serialVersionUID = 1L;

        IncompleteImage(String message) {
            super(message);
        }
    }
}
