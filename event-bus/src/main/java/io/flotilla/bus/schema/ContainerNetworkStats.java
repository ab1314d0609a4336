package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Aggregates the network stats of one container
 *
 * @param rxBytes Bytes received.
 * @param rxPackets Packets received.
 * @param rxErrors Received errors.
 * @param rxDropped Incoming packets dropped.
 * @param txBytes Bytes sent.
 * @param txPackets Packets sent.
 * @param txErrors Sent errors.
 * @param txDropped Outgoing packets dropped.
 * @param endpointId Endpoint ID.
 * @param instanceId Instance ID.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ContainerNetworkStats(
        @JsonProperty("rx_bytes") @Nullable Long rxBytes,
        @JsonProperty("rx_packets") @Nullable Long rxPackets,
        @JsonProperty("rx_errors") @Nullable Long rxErrors,
        @JsonProperty("rx_dropped") @Nullable Long rxDropped,
        @JsonProperty("tx_bytes") @Nullable Long txBytes,
        @JsonProperty("tx_packets") @Nullable Long txPackets,
        @JsonProperty("tx_errors") @Nullable Long txErrors,
        @JsonProperty("tx_dropped") @Nullable Long txDropped,
        @OmitEmpty @JsonProperty("endpoint_id") @Nullable String endpointId,
        @OmitEmpty @JsonProperty("instance_id") @Nullable String instanceId)
        implements ContainerNetworkStatsBuilder.With {}
