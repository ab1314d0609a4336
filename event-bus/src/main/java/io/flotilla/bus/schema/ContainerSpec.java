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
 * Container spec for the service.
 *
 * @param image The image name to use for the container
 * @param labels User-defined key/value data.
 * @param command The command to be run in the image.
 * @param args Arguments to the command.
 * @param hostname The hostname to use for the container, as a valid RFC 1123 hostname.
 * @param env A list of environment variables in the form {@code VAR=value}.
 * @param dir The working directory for commands to run in.
 * @param user The user inside the container.
 * @param groups A list of additional groups that the container process will run as.
 * @param privileges Security options for the container
 * @param tty Whether a pseudo-TTY should be allocated.
 * @param openStdin Open {@code stdin}
 * @param readOnly Mount the container's root filesystem as read only.
 * @param mounts Specification for mounts to be added to containers created as part of the service.
 * @param stopSignal Signal to stop the container.
 * @param stopGracePeriod Amount of time to wait for the container to terminate before forcefully killing it.
 * @param healthCheck A test to perform to check that the container is healthy.
 * @param hosts A list of hostname/IP mappings to add to the container's {@code hosts} file.
 * @param dnsConfig Specification for DNS related configurations in resolver configuration file ({@code resolv.conf}).
 * @param secrets Secrets contains references to zero or more secrets that will be exposed to the service.
 * @param oomScoreAdj An integer value containing the score given to the container in order to tune OOM killer preferences.
 * @param configs Configs contains references to zero or more configs that will be exposed to the service.
 * @param isolation Isolation technology of the containers running the service.
 * @param init Run an init inside the container that forwards signals and reaps processes.
 * @param sysctls Set kernel namedspaced parameters (sysctls) in the container.
 * @param capabilityAdd A list of kernel capabilities to add to the default set for the container.
 * @param capabilityDrop A list of kernel capabilities to drop from the default set for the container.
 * @param ulimits A list of resource limits to set in the container.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ContainerSpec(
        @Nullable String image,
        Map<String, String> labels,
        List<String> command,
        List<String> args,
        @Nullable String hostname,
        List<String> env,
        @Nullable String dir,
        @Nullable String user,
        List<String> groups,
        @Nullable Privileges privileges,
        @JsonProperty("TTY") @Nullable Boolean tty,
        @Nullable Boolean openStdin,
        @Nullable Boolean readOnly,
        List<Mount> mounts,
        @Nullable String stopSignal,
        @Nullable Long stopGracePeriod,
        @Nullable HealthConfig healthCheck,
        List<String> hosts,
        @JsonProperty("DNSConfig") @Nullable DnsConfig dnsConfig,
        List<Secret> secrets,
        @Nullable Long oomScoreAdj,
        List<Config> configs,
        @Nullable Isolation isolation,
        @Nullable Boolean init,
        Map<String, String> sysctls,
        List<String> capabilityAdd,
        List<String> capabilityDrop,
        List<Ulimit> ulimits)
        implements ContainerSpecBuilder.With {
    public ContainerSpec {
        labels = Frozen.map(labels);
        command = Frozen.list(command);
        args = Frozen.list(args);
        env = Frozen.list(env);
        groups = Frozen.list(groups);
        mounts = Frozen.list(mounts);
        hosts = Frozen.list(hosts);
        secrets = Frozen.list(secrets);
        configs = Frozen.list(configs);
        sysctls = Frozen.map(sysctls);
        capabilityAdd = Frozen.list(capabilityAdd);
        capabilityDrop = Frozen.list(capabilityDrop);
        ulimits = Frozen.list(ulimits);
    }

    /**
     * Security options for the container
     *
     * @param credentialSpec CredentialSpec for managed service account (Windows only)
     * @param seLinuxContext SELinux labels of the container
     * @param seccomp Options for configuring seccomp on the container
     * @param appArmor Options for configuring AppArmor on the container
     * @param noNewPrivileges Configuration of the no_new_privs bit in the container
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Privileges(
            @Nullable CredentialSpec credentialSpec,
            @JsonProperty("SELinuxContext") @Nullable SeLinuxContext seLinuxContext,
            @Nullable Seccomp seccomp,
            @Nullable AppArmor appArmor,
            @Nullable Boolean noNewPrivileges)
            implements ContainerSpecPrivilegesBuilder.With {

        /**
         * CredentialSpec for managed service account (Windows only)
         *
         * @param config Load credential spec from a Swarm Config with the given ID.
         * @param file Load credential spec from this file.
         * @param registry Load credential spec from this value in the Windows registry.
         */
        @RecordBuilder
        @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        public record CredentialSpec(
                @Nullable String config,
                @Nullable String file,
                @Nullable String registry) implements ContainerSpecPrivilegesCredentialSpecBuilder.With {}

        /**
         * SELinux labels of the container
         *
         * @param disable Disable SELinux
         * @param user SELinux user label
         * @param role SELinux role label
         * @param type SELinux type label
         * @param level SELinux level label
         */
        @RecordBuilder
        @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        public record SeLinuxContext(
                @Nullable Boolean disable,
                @Nullable String user,
                @Nullable String role,
                @Nullable String type,
                @Nullable String level)
                implements ContainerSpecPrivilegesSeLinuxContextBuilder.With {}

        /**
         * Options for configuring seccomp on the container
         *
         * @param profile The custom seccomp profile as a json object
         */
        @RecordBuilder
        @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        public record Seccomp(@Nullable Mode mode, @Nullable String profile)
                implements ContainerSpecPrivilegesSeccompBuilder.With {

            /** Mode. */
            public enum Mode {
                @JsonProperty("default")
                DEFAULT,
                @JsonProperty("unconfined")
                UNCONFINED,
                @JsonProperty("custom")
                CUSTOM
            }
        }

        /**
         * Options for configuring AppArmor on the container
         */
        @RecordBuilder
        @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        public record AppArmor(@Nullable Mode mode) implements ContainerSpecPrivilegesAppArmorBuilder.With {

            /** Mode. */
            public enum Mode {
                @JsonProperty("default")
                DEFAULT,
                @JsonProperty("disabled")
                DISABLED
            }
        }
    }

    /**
     * Specification for DNS related configurations in resolver configuration file ({@code resolv.conf}).
     *
     * @param nameservers The IP addresses of the name servers.
     * @param search A search list for host-name lookup.
     * @param options A list of internal resolver variables to be modified (e.g., {@code debug}, {@code ndots:3}, etc.).
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record DnsConfig(List<String> nameservers, List<String> search, List<String> options)
            implements ContainerSpecDnsConfigBuilder.With {
        public DnsConfig {
            nameservers = Frozen.list(nameservers);
            search = Frozen.list(search);
            options = Frozen.list(options);
        }
    }

    /**
     * The Secret object of the Engine API.
     *
     * @param file File represents a specific target that is backed by a file.
     * @param secretId SecretID represents the ID of the specific secret that we're referencing.
     * @param secretName SecretName is the name of the secret that this references, but this is just provided for lookup/display purposes.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Secret(
            @Nullable File file,
            @JsonProperty("SecretID") @Nullable String secretId,
            @Nullable String secretName) implements ContainerSpecSecretBuilder.With {

        /**
         * File represents a specific target that is backed by a file.
         *
         * @param name Name represents the final filename in the filesystem.
         * @param uid UID represents the file UID.
         * @param gid GID represents the file GID.
         * @param mode Mode represents the FileMode of the file.
         */
        @RecordBuilder
        @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        public record File(
                @Nullable String name,
                @JsonProperty("UID") @Nullable String uid,
                @JsonProperty("GID") @Nullable String gid,
                @Nullable Long mode)
                implements ContainerSpecSecretFileBuilder.With {}
    }

    /**
     * The Config object of the Engine API.
     *
     * @param file File represents a specific target that is backed by a file.
     * @param runtime Runtime represents a target that is not mounted into the container but is used by the task
     * @param configId ConfigID represents the ID of the specific config that we're referencing.
     * @param configName ConfigName is the name of the config that this references, but this is just provided for lookup/display purposes.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Config(
            @Nullable File file,
            Map<String, Object> runtime,
            @JsonProperty("ConfigID") @Nullable String configId,
            @Nullable String configName)
            implements ContainerSpecConfigBuilder.With {
        public Config {
            runtime = Frozen.map(runtime);
        }

        /**
         * File represents a specific target that is backed by a file.
         *
         * @param name Name represents the final filename in the filesystem.
         * @param uid UID represents the file UID.
         * @param gid GID represents the file GID.
         * @param mode Mode represents the FileMode of the file.
         */
        @RecordBuilder
        @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        public record File(
                @Nullable String name,
                @JsonProperty("UID") @Nullable String uid,
                @JsonProperty("GID") @Nullable String gid,
                @Nullable Long mode)
                implements ContainerSpecConfigFileBuilder.With {}
    }

    /** Isolation technology of the containers running the service. */
    public enum Isolation {
        @JsonProperty("default")
        DEFAULT,
        @JsonProperty("process")
        PROCESS,
        @JsonProperty("hyperv")
        HYPERV
    }

    /**
     * The Ulimit object of the Engine API.
     *
     * @param name Name of ulimit
     * @param soft Soft limit
     * @param hard Hard limit
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Ulimit(
            @Nullable String name,
            @Nullable Long soft,
            @Nullable Long hard) implements ContainerSpecUlimitBuilder.With {}
}
