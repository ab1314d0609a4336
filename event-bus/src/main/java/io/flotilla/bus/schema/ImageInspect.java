package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Information about an image in the local image cache.
 *
 * @param id ID is the content-addressable ID of an image.
 * @param descriptor Descriptor is an OCI descriptor of the image target.
 * @param repoTags List of image names/tags in the local image cache that reference this image.
 * @param repoDigests List of content-addressable digests of locally available image manifests that the image is referenced from.
 * @param comment Optional message that was set when committing or importing the image.
 * @param created Date and time at which the image was created, formatted in RFC 3339 format with nano-seconds.
 * @param author Name of the author that was specified when committing the image, or as specified through MAINTAINER (deprecated) in the Dockerfile.
 * @param config Configuration of the image.
 * @param architecture Hardware CPU architecture that the image runs on.
 * @param variant CPU architecture variant (presently ARM-only).
 * @param os Operating System the image is built to run on.
 * @param osVersion Operating System version the image is built to run on (especially for Windows).
 * @param size Total size of the image including all layers it is composed of.
 * @param graphDriver Information about the storage driver used to store the container's and image's filesystem.
 * @param rootFS Information about the image's RootFS, including the layer IDs.
 * @param metadata Additional metadata of the image in the local cache.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ImageInspect(
        @Nullable String id,
        @Nullable OCIDescriptor descriptor,
        List<String> repoTags,
        List<String> repoDigests,
        @Nullable String comment,
        @Nullable Instant created,
        @Nullable String author,
        @Nullable ImageConfig config,
        @Nullable String architecture,
        @Nullable String variant,
        @Nullable String os,
        @Nullable String osVersion,
        @Nullable Long size,
        @Nullable DriverData graphDriver,
        @Nullable RootFS rootFS,
        @Nullable Metadata metadata)
        implements ImageInspectBuilder.With {
    public ImageInspect {
        repoTags = Frozen.list(repoTags);
        repoDigests = Frozen.list(repoDigests);
    }

    /**
     * Information about the image's RootFS, including the layer IDs.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record RootFS(@Nullable String type, List<String> layers) implements ImageInspectRootFSBuilder.With {
        public RootFS {
            layers = Frozen.list(layers);
        }
    }

    /**
     * Additional metadata of the image in the local cache.
     *
     * @param lastTagTime Date and time at which the image was last tagged in RFC 3339 format with nano-seconds.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record Metadata(@Nullable Instant lastTagTime) implements ImageInspectMetadataBuilder.With {}
}
