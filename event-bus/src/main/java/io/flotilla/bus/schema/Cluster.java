package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ClusterInfo represents information about the swarm as is returned by the "/info" endpoint.
 *
 * @param id The ID of the swarm.
 * @param version The version number of the object such as node, service, etc.
 * @param createdAt Date and time at which the swarm was initialised in RFC 3339 format with nano-seconds.
 * @param updatedAt Date and time at which the swarm was last updated in RFC 3339 format with nano-seconds.
 * @param spec User modifiable swarm configuration.
 * @param tlsInfo Information about the issuer of leaf TLS certificates and the trusted root CA certificate.
 * @param rootRotationInProgress Whether there is currently a root CA rotation in progress for the swarm
 * @param dataPathPort DataPathPort specifies the data path port number for data traffic.
 * @param defaultAddrPool Default Address Pool specifies default subnet pools for global scope networks.
 * @param subnetSize SubnetSize specifies the subnet size of the networks created from the default subnet pool.
 * @param joinTokens JoinTokens contains the tokens workers and managers need to join the swarm.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Cluster(
        @JsonProperty("ID") String id,
        ObjectVersion version,
        Instant createdAt,
        Instant updatedAt,
        SwarmSpec spec,
        @JsonProperty("TLSInfo") @Nullable TLSInfo tlsInfo,
        @Nullable Boolean rootRotationInProgress,
        @Nullable Long dataPathPort,
        List<String> defaultAddrPool,
        @Nullable Long subnetSize,
        @Nullable JoinTokens joinTokens)
        implements ClusterBuilder.With, StoreObject {
    public Cluster {
        defaultAddrPool = Frozen.list(defaultAddrPool);
    }

    @Override
    public ObjectKind kind() {
        return ObjectKind.CLUSTER;
    }

    @Override
    public Cluster stamped(ObjectVersion committed) {
        return withVersion(committed);
    }
}
