package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * One CSI plugin of a node. The NodeCSIInfo object of the Engine API.
 *
 * @param nodeId what the plugin calls the node
 * @param maxVolumesPerNode 0 or null: no limit
 * @param accessibleTopology where the node is; null: the plugin does not tell
 * @param controller the plugin has CSI's Controller service; not part of the Engine API
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record NodeCSIInfo(
        String pluginName,
        @JsonProperty("NodeID") @Nullable String nodeId,
        @Nullable Long maxVolumesPerNode,
        @Nullable Topology accessibleTopology,
        @Nullable Boolean controller)
        implements NodeCSIInfoBuilder.With {}
