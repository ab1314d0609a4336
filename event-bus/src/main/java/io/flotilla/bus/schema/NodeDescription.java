package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * NodeDescription encapsulates the properties of the Node as reported by the agent.
 *
 * @param platform Platform represents the platform (Arch/OS).
 * @param resources An object describing the resources which can be advertised by a node and requested by a task.
 * @param engine EngineDescription provides information about an engine.
 * @param csiInfo the CSI plugins of the node.
 * @param tlsInfo Information about the issuer of leaf TLS certificates and the trusted root CA certificate.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record NodeDescription(
        @Nullable String hostname,
        @Nullable Platform platform,
        @Nullable ResourceObject resources,
        @Nullable EngineDescription engine,
        @JsonProperty("TLSInfo") @Nullable TLSInfo tlsInfo,
        @JsonProperty("CSIInfo") List<NodeCSIInfo> csiInfo)
        implements NodeDescriptionBuilder.With {
    public NodeDescription {
        csiInfo = Frozen.list(csiInfo);
    }
}
