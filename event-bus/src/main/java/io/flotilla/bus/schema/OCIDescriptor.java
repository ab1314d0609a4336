package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A descriptor struct containing digest, media type, and size, as defined in the OCI Content Descriptors Specification.
 *
 * @param mediaType The media type of the object this schema refers to.
 * @param digest The digest of the targeted content.
 * @param size The size in bytes of the blob.
 * @param urls List of URLs from which this object MAY be downloaded.
 * @param annotations Arbitrary metadata relating to the targeted content.
 * @param data Data is an embedding of the targeted content.
 * @param platform Describes the platform which the image in the manifest runs on, as defined in the OCI Image Index Specification.
 * @param artifactType ArtifactType is the IANA media type of this artifact.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record OCIDescriptor(
        @JsonProperty("mediaType") @Nullable String mediaType,
        @JsonProperty("digest") @Nullable String digest,
        @JsonProperty("size") @Nullable Long size,
        @JsonProperty("urls") List<String> urls,
        @JsonProperty("annotations") Map<String, String> annotations,
        @JsonProperty("data") @Nullable String data,
        @JsonProperty("platform") @Nullable OCIPlatform platform,
        @JsonProperty("artifactType") @Nullable String artifactType)
        implements OCIDescriptorBuilder.With {
    public OCIDescriptor {
        urls = Frozen.list(urls);
        annotations = Frozen.map(annotations);
    }
}
