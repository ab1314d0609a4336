package io.flotilla.agent.image.archive;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.content.Blob;
import io.flotilla.agent.image.content.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads what {@code docker save} and OCI tools write. As in Docker, {@code manifest.json} says what the images are when it is
 * there, and the OCI {@code index.json} otherwise.
 */
public final class ImageArchive {

    private ImageArchive() {}

    /**
     * @param folder an empty folder for the content, which the result refers to
     * @return the images in the archive's order, at least one
     */
    public static List<ArchivedImage> read(InputStream archive, Path folder, ArchiveLimits limits)
            throws IOException, ImageRefused {
        ArchiveFiles files = new ArchiveSpool(folder, limits).read(archive);
        Optional<Blob> manifest = files.find("manifest.json");
        Optional<Blob> index = files.find("index.json");
        List<ArchivedImage> images;
        if (manifest.isPresent()) {
            images = dockerImages(files, files.json(manifest.get(), "manifest.json"), limits);
        } else if (index.isPresent()) {
            images = new OciLayout(files, limits).images(files.json(index.get(), "index.json"));
        } else {
            throw invalid(
                    "has neither manifest.json nor index.json: it is not an archive made by docker save or an OCI tool");
        }
        if (images.isEmpty()) {
            throw invalid("has no image in it");
        }
        return images;
    }

    private static List<ArchivedImage> dockerImages(ArchiveFiles files, JsonNode manifest, ArchiveLimits limits)
            throws IOException, ImageRefused {
        if (!manifest.isArray()) {
            throw invalid("manifest.json is not a list");
        }
        List<ArchivedImage> images = new ArrayList<>();
        for (JsonNode image : manifest) {
            String configName = image.path("Config").asText();
            Blob config = files.require(configName, "manifest.json");
            Optional<Digest> named = Digest.ofHex(configName.replaceFirst("\\.json$", ""));
            if (named.isPresent() && !named.get().equals(config.digest())) {
                throw invalid("content of " + configName + " has digest " + config.digest());
            }
            List<Blob> layers = new ArrayList<>();
            for (JsonNode layer : image.path("Layers")) {
                layers.add(files.require(layer.asText(), "manifest.json"));
            }
            List<String> names = new ArrayList<>();
            for (JsonNode tag : image.path("RepoTags")) {
                names.add(ImageName.complete(tag.asText())
                        .orElseThrow(() -> invalid("has invalid tag \"" + tag.asText() + "\"")));
            }
            images.add(image(files, names, config, layers, limits));
        }
        return images;
    }

    static ArchivedImage image(
            ArchiveFiles files, List<String> names, Blob configuration, List<Blob> blobs, ArchiveLimits limits)
            throws IOException, ImageRefused {
        String where = "configuration " + configuration.digest().shortHex();
        if (!(files.json(configuration, where) instanceof ObjectNode config)) {
            throw invalid(where + " is not a JSON object");
        }
        String os = config.path("os").asText("linux");
        if (!os.equals("linux")) {
            // Docker's words
            throw new ImageRefused(
                    Reason.INVALID, "image operating system \"" + os + "\" cannot be used on this platform");
        }
        JsonNode diffIds = config.path("rootfs").path("diff_ids");
        if (diffIds.size() != blobs.size()) {
            throw invalid(where + " has " + diffIds.size() + " layers, its manifest " + blobs.size());
        }
        if (blobs.size() > limits.layers()) {
            throw invalid(where + " has " + blobs.size() + " layers, more than " + limits.layers());
        }
        List<ArchivedImage.Layer> layers = new ArrayList<>();
        for (int i = 0; i < blobs.size(); i++) {
            layers.add(new ArchivedImage.Layer(Digest.require(diffIds.get(i).asText(), where), blobs.get(i)));
        }
        return new ArchivedImage(List.copyOf(names), configuration, config, List.copyOf(layers));
    }

    static ImageRefused invalid(String what) {
        return new ImageRefused(Reason.INVALID, "image archive: " + what);
    }
}
