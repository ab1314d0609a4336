package io.flotilla.agent.runtime.spec;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One container, after everything about its image, service and node has been decided. Names and meanings are those of the
 * OCI runtime specification (config.md, config-linux.md), so that an installed OCI runtime can be given the same container;
 * {@link Root} differs in that the runtime mounts the overlay itself.
 *
 * @param id 64 hexadecimal digits
 * @param cgroupParent a path below the instance's own cgroup, empty for that one
 */
public record RuntimeSpec(
        String id,
        Process process,
        Root root,
        String hostname,
        @Nullable String domainname,
        List<Mount> mounts,
        List<Namespace> namespaces,
        Resources resources,
        List<Device> devices,
        Seccomp seccomp,
        List<String> maskedPaths,
        List<String> readonlyPaths,
        Map<String, String> sysctl,
        String cgroupParent,
        boolean init) {

    /**
     * @param args what execve gets; args[0] is looked up in PATH of env when it has no slash
     * @param capabilities names such as CAP_CHOWN: the bounding set, and with uid 0 effective and permitted
     */
    public record Process(
            List<String> args,
            List<String> env,
            String cwd,
            User user,
            List<String> capabilities,
            boolean noNewPrivileges,
            List<Rlimit> rlimits,
            @Nullable Integer oomScoreAdj,
            boolean terminal,
            boolean openStdin) {}

    public record User(int uid, int gid, List<Integer> additionalGids) {}

    /** @param type such as RLIMIT_NOFILE */
    public record Rlimit(String type, long soft, long hard) {}

    /** An overlay: lower layers from the top down, and the container's own upper and work folders. */
    public record Root(List<Path> lower, Path upper, Path work, boolean readonly) {}

    /**
     * One mount in the container, in order.
     *
     * @param type bind, tmpfs, proc, sysfs, devpts, mqueue ...
     * @param options as in the OCI specification: ro, rbind, nosuid, rprivate, size=64m ...
     */
    public record Mount(String destination, String type, String source, List<String> options) {}

    public enum NamespaceType {
        PID,
        NETWORK,
        MOUNT,
        IPC,
        UTS,
        USER,
        CGROUP
    }

    /** @param path of a namespace to join; null: a new one. A type that is not listed is shared with the host. */
    public record Namespace(NamespaceType type, @Nullable Path path) {}

    /** Limits; null is the kernel's default. cpuShares are cgroup v1's (2 to 262144) and converted for v2. */
    public record Resources(
            @Nullable Long memoryLimitBytes,
            @Nullable Long memoryReservationBytes,
            @Nullable Long memorySwapBytes,
            @Nullable Long cpuShares,
            @Nullable Long cpuQuotaMicros,
            @Nullable Long cpuPeriodMicros,
            @Nullable String cpusetCpus,
            @Nullable String cpusetMems,
            @Nullable Long pidsLimit,
            boolean oomKillDisable) {
        public static final Resources UNLIMITED =
                new Resources(null, null, null, null, null, null, null, null, null, false);
    }

    /** @param type c, b or p */
    public record Device(String path, String type, int major, int minor, int mode, int uid, int gid) {}

    /** Which system calls the container may make. */
    public sealed interface Seccomp {
        /** Docker's default profile for the container's capabilities. */
        record Default() implements Seccomp {}

        record Unconfined() implements Seccomp {}

        /** A profile in Docker's seccomp JSON. */
        record Custom(String profileJson) implements Seccomp {}
    }
}
