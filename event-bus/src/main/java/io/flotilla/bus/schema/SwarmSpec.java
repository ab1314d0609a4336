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
 * User modifiable swarm configuration.
 *
 * @param name Name of the swarm.
 * @param labels User-defined key/value metadata.
 * @param orchestration Orchestration configuration.
 * @param raft Raft configuration.
 * @param dispatcher Dispatcher configuration.
 * @param caConfig CA configuration.
 * @param encryptionConfig Parameters related to encryption-at-rest.
 * @param taskDefaults Defaults for creating tasks in this cluster.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record SwarmSpec(
        @Nullable String name,
        Map<String, String> labels,
        @Nullable Orchestration orchestration,
        @Nullable Raft raft,
        @Nullable Dispatcher dispatcher,
        @JsonProperty("CAConfig") @Nullable CaConfig caConfig,
        @Nullable EncryptionConfig encryptionConfig,
        @Nullable TaskDefaults taskDefaults)
        implements SwarmSpecBuilder.With {
    public SwarmSpec {
        labels = Frozen.map(labels);
    }

    /**
     * Orchestration configuration.
     *
     * @param taskHistoryRetentionLimit The number of historic tasks to keep per instance or node.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Orchestration(@Nullable Long taskHistoryRetentionLimit)
            implements SwarmSpecOrchestrationBuilder.With {}

    /**
     * Raft configuration.
     *
     * @param snapshotInterval The number of log entries between snapshots.
     * @param keepOldSnapshots The number of snapshots to keep beyond the current snapshot.
     * @param logEntriesForSlowFollowers The number of log entries to keep around to sync up slow followers after a snapshot is created.
     * @param electionTick The number of ticks that a follower will wait for a message from the leader before becoming a candidate and starting an election.
     * @param heartbeatTick The number of ticks between heartbeats.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Raft(
            @Nullable Long snapshotInterval,
            @Nullable Long keepOldSnapshots,
            @Nullable Long logEntriesForSlowFollowers,
            @Nullable Long electionTick,
            @Nullable Long heartbeatTick)
            implements SwarmSpecRaftBuilder.With {}

    /**
     * Dispatcher configuration.
     *
     * @param heartbeatPeriod The delay for an agent to send a heartbeat to the dispatcher.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Dispatcher(@Nullable Long heartbeatPeriod) implements SwarmSpecDispatcherBuilder.With {}

    /**
     * CA configuration.
     *
     * @param nodeCertExpiry The duration node certificates are issued for.
     * @param externalCAs Configuration for forwarding signing requests to an external certificate authority.
     * @param signingCACert The desired signing CA certificate for all swarm node TLS leaf certificates, in PEM format.
     * @param signingCAKey The desired signing CA key for all swarm node TLS leaf certificates, in PEM format.
     * @param forceRotate An integer whose purpose is to force swarm to generate a new signing CA certificate and key, if none have been specified in {@code SigningCACert} and {@code SigningCAKey}
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record CaConfig(
            @Nullable Long nodeCertExpiry,
            List<ExternalCA> externalCAs,
            @Nullable String signingCACert,
            @Nullable String signingCAKey,
            @Nullable Long forceRotate)
            implements SwarmSpecCaConfigBuilder.With {
        public CaConfig {
            externalCAs = Frozen.list(externalCAs);
        }

        /**
         * The ExternalCA object of the Engine API.
         *
         * @param protocol Protocol for communication with the external CA (currently only {@code cfssl} is supported).
         * @param url URL where certificate signing requests should be sent.
         * @param options An object with key/value pairs that are interpreted as protocol-specific options for the external CA driver.
         * @param caCert The root CA certificate (in PEM format) this external CA uses to issue TLS certificates (assumed to be to the current swarm root CA certificate if not provided).
         */
        @RecordBuilder
        @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        public record ExternalCA(
                @Nullable Protocol protocol,
                @JsonProperty("URL") @Nullable String url,
                Map<String, String> options,
                @JsonProperty("CACert") @Nullable String caCert)
                implements SwarmSpecCaConfigExternalCABuilder.With {
            public ExternalCA {
                options = Frozen.map(options);
            }

            /** Protocol for communication with the external CA (currently only {@code cfssl} is supported). */
            public enum Protocol {
                @JsonProperty("cfssl")
                CFSSL
            }
        }
    }

    /**
     * Parameters related to encryption-at-rest.
     *
     * @param autoLockManagers If set, generate a key and use it to lock data stored on the managers.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record EncryptionConfig(@Nullable Boolean autoLockManagers)
            implements SwarmSpecEncryptionConfigBuilder.With {}

    /**
     * Defaults for creating tasks in this cluster.
     *
     * @param logDriver The log driver to use for tasks created in the orchestrator if unspecified by a service.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record TaskDefaults(@Nullable LogDriver logDriver) implements SwarmSpecTaskDefaultsBuilder.With {

        /**
         * The log driver to use for tasks created in the orchestrator if unspecified by a service.
         *
         * @param name The log driver to use as a default for new tasks.
         * @param options Driver-specific options for the selected log driver, specified as key/value pairs.
         */
        @RecordBuilder
        @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        public record LogDriver(@Nullable String name, Map<String, String> options)
                implements SwarmSpecTaskDefaultsLogDriverBuilder.With {
            public LogDriver {
                options = Frozen.map(options);
            }
        }
    }
}
