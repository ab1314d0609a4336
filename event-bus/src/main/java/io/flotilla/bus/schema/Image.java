package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An image the cluster has. Tags are cluster state and point at content by ID; nodes hold content.
 *
 * @param id sha256:... of the image configuration
 * @param repoTags complete references, repository:tag
 * @param config the OCI image configuration (config.md), unchanged
 * @param sizeBytes of the unpacked layers
 * @param layerSizesBytes of each unpacked layer, the lowest first
 * @param nodeIds nodes that hold the content
 * @param removed untagged and deleted by a user; forgotten when no node holds it any more
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Image(
        @JsonProperty("ID") String id,
        ObjectVersion version,
        Instant createdAt,
        Instant updatedAt,
        List<String> repoTags,
        List<String> repoDigests,
        ObjectNode config,
        long sizeBytes,
        List<Long> layerSizesBytes,
        @JsonProperty("NodeIDs") List<String> nodeIds,
        @Nullable Boolean removed)
        implements ImageBuilder.With, StoreObject {
    public Image {
        repoTags = Frozen.list(repoTags);
        repoDigests = Frozen.list(repoDigests);
        layerSizesBytes = Frozen.list(layerSizesBytes);
        nodeIds = Frozen.list(nodeIds);
        // JSON leaves an empty one out
        config = config == null ? JsonNodeFactory.instance.objectNode() : config;
    }

    @Override
    public ObjectKind kind() {
        return ObjectKind.IMAGE;
    }

    @Override
    public Image stamped(ObjectVersion committed) {
        return withVersion(committed);
    }
}
