package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The ImageSummary object of the Engine API.
 *
 * @param id ID is the content-addressable ID of an image.
 * @param parentId ID of the parent image.
 * @param repoTags List of image names/tags in the local image cache that reference this image.
 * @param repoDigests List of content-addressable digests of locally available image manifests that the image is referenced from.
 * @param created Date and time at which the image was created as a Unix timestamp (number of seconds since EPOCH).
 * @param size Total size of the image including all layers it is composed of.
 * @param sharedSize Total size of image layers that are shared between this image and other images.
 * @param labels User-defined key/value metadata.
 * @param containers Number of containers using this image.
 * @param descriptor Descriptor is an OCI descriptor of the image target.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ImageSummary(
        @Nullable String id,
        @Nullable String parentId,
        List<String> repoTags,
        List<String> repoDigests,
        @Nullable Long created,
        @Nullable Long size,
        @Nullable Long sharedSize,
        Map<String, String> labels,
        @Nullable Long containers,
        @OmitEmpty @Nullable OCIDescriptor descriptor)
        implements ImageSummaryBuilder.With {
    public ImageSummary {
        repoTags = Frozen.list(repoTags);
        repoDigests = Frozen.list(repoDigests);
        labels = Frozen.map(labels);
    }
}
