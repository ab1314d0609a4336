package io.flotilla.agent.runtime.spec;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One container, after everything about its image, service and node has been decided. Names and meanings are those of the
 * OCI runtime specification (config.md, config-linux.md), so that an installed OCI runtime can be given the same container;
 * {@link Root} differs in that the runtime mounts the overlay itself. Made and varied by the generated builders: lists that
 * are not given are empty.
 *
 * @param id 64 hexadecimal digits
 * @param cgroupParent a path below the instance's own cgroup, empty for that one
 * @param init a small init process is the first one, and runs the command as its child
 * @param privileged all capabilities and host devices, nothing masked or read-only in /proc and /sys, no seccomp or
 *     AppArmor profile; the runtime adds all of this to what the other fields say
 * @param annotations for an OCI runtime; our own does nothing by them
 * @param ociRuntime program of an installed OCI runtime that is to run the container; null: this runtime itself
 */
@RecordBuilder
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
        boolean init,
        boolean privileged,
        Map<String, String> annotations,
        @Nullable Path ociRuntime)
        implements RuntimeSpecBuilder.With {
    public RuntimeSpec {
        mounts = list(mounts);
        namespaces = list(namespaces);
        devices = list(devices);
        maskedPaths = list(maskedPaths);
        readonlyPaths = list(readonlyPaths);
        sysctl = map(sysctl);
        annotations = map(annotations);
    }

    /**
     * @param args what execve gets; args[0] is looked up in PATH of env when it has no slash
     * @param capabilities names such as CAP_CHOWN: the bounding set, and with uid 0 effective and permitted
     * @param terminal stdin, stdout and stderr are one pseudo terminal, the process's controlling one
     * @param consoleSize of the terminal at the start; null: 0 by 0, as a terminal nobody has sized
     * @param openStdin without it stdin is /dev/null (but for a terminal)
     * @param stdinOnce the end of the first stdin stream is the end of file of the process; without it stdin stays open,
     *     also while no agent runs
     * @param apparmorProfile of the command from its execve on; null: none, as on a kernel without AppArmor
     */
    @RecordBuilder
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
            @Nullable ConsoleSize consoleSize,
            boolean openStdin,
            boolean stdinOnce,
            @Nullable String apparmorProfile)
            implements RuntimeSpecProcessBuilder.With {
        public Process {
            args = list(args);
            env = list(env);
            capabilities = list(capabilities);
            rlimits = list(rlimits);
        }
    }

    public record ConsoleSize(int rows, int columns) {}

    public record User(int uid, int gid, List<Integer> additionalGids) {}

    /** @param type such as RLIMIT_NOFILE */
    public record Rlimit(String type, long soft, long hard) {}

    /** An overlay: lower layers from the top down, and the container's own upper and work folders. */
    public record Root(List<Path> lower, Path upper, Path work, boolean readonly) {}

    /**
     * One mount in the container, in order.
     *
     * @param type bind, tmpfs, proc, sysfs, devpts, mqueue ...
     * @param source for a bind the path on the host, a volume's sub-path resolved already; {@code /proc/PID/root/...} is
     *     a path in the container that process is in, with the mount it has there
     * @param options as in the OCI specification: ro, rro, bind, rbind, nosuid, rprivate, rslave, rshared, size=64m,
     *     and so on
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

    /**
     * @param path of a namespace to join, such as /proc/PID/ns/ipc; null: a new one. A type that is not listed is shared with
     *     the host.
     */
    public record Namespace(NamespaceType type, @Nullable Path path) {}

    /**
     * Limits; null is the kernel's default.
     *
     * @param memorySwapBytes memory and swap together; -1: no limit
     * @param memorySwappiness 0 to 100; cgroup v1 only
     * @param cpuShares cgroup v1's (2 to 262144), converted for v2
     * @param cpuRealtimeRuntimeMicros cgroup v1 of kernels with CONFIG_RT_GROUP_SCHED only
     * @param pidsLimit 0 and less: no limit
     * @param oomKillDisable cgroup v1 only
     * @param blkioWeight 10 to 1000, of the io scheduler bfq (or cfq)
     * @param deviceRules as Docker's device cgroup rules: "c 1:3 rwm", "a *:* rwm"; besides what {@link #devices} give
     * @param unified files of cgroup v2 by name, set last
     */
    @RecordBuilder
    public record Resources(
            @Nullable Long memoryLimitBytes,
            @Nullable Long memoryReservationBytes,
            @Nullable Long memorySwapBytes,
            @Nullable Long memorySwappiness,
            @Nullable Long cpuShares,
            @Nullable Long cpuQuotaMicros,
            @Nullable Long cpuPeriodMicros,
            @Nullable Long cpuRealtimeRuntimeMicros,
            @Nullable Long cpuRealtimePeriodMicros,
            @Nullable String cpusetCpus,
            @Nullable String cpusetMems,
            @Nullable Long pidsLimit,
            boolean oomKillDisable,
            @Nullable Integer blkioWeight,
            List<DeviceRate> blkioDeviceWeights,
            List<DeviceRate> blkioReadBytesPerSecond,
            List<DeviceRate> blkioWriteBytesPerSecond,
            List<DeviceRate> blkioReadOperationsPerSecond,
            List<DeviceRate> blkioWriteOperationsPerSecond,
            List<String> deviceRules,
            Map<String, String> unified)
            implements RuntimeSpecResourcesBuilder.With {
        public static final Resources UNLIMITED =
                RuntimeSpecResourcesBuilder.builder().build();

        public Resources {
            blkioDeviceWeights = list(blkioDeviceWeights);
            blkioReadBytesPerSecond = list(blkioReadBytesPerSecond);
            blkioWriteBytesPerSecond = list(blkioWriteBytesPerSecond);
            blkioReadOperationsPerSecond = list(blkioReadOperationsPerSecond);
            blkioWriteOperationsPerSecond = list(blkioWriteOperationsPerSecond);
            deviceRules = list(deviceRules);
            unified = map(unified);
        }
    }

    /** A weight, or bytes or operations a second, of one block device; {@link HostDevices#number} finds its number. */
    public record DeviceRate(int major, int minor, long rate) {}

    /**
     * A device node in the container, which it may use.
     *
     * @param type c, b or p
     * @param access of r, w and m (mknod)
     */
    public record Device(String path, String type, int major, int minor, int mode, int uid, int gid, String access) {}

    /** Which system calls the container may make. */
    public sealed interface Seccomp {
        /** Docker's default profile for the container's capabilities. */
        record Default() implements Seccomp {}

        record Unconfined() implements Seccomp {}

        /** A profile in Docker's seccomp JSON. */
        record Custom(String profileJson) implements Seccomp {}
    }

    private static <T> List<T> list(@Nullable List<T> given) {
        return given == null ? List.of() : List.copyOf(given);
    }

    private static Map<String, String> map(@Nullable Map<String, String> given) {
        return given == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(given));
    }
}
