package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.linux.cgroup.Cgroups;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a container's program needs of the host, opened or found out by the parent beforehand.
 *
 * @param cgroups files to join by, by the path they were opened from
 * @param cgroupViews what a mount of type cgroup shows
 * @param namespaces descriptors of those to join but pid, which its parent has to join for it
 * @param devpts a mount that is attached where the specification has one; null: a new one is made there
 * @param filter seccomp instructions, empty: unconfined
 */
record Launch(
        HostKernel host,
        OverlayRoot overlay,
        Path rootMountPoint,
        Map<Path, Integer> cgroups,
        List<Cgroups.View> cgroupViews,
        Map<NamespaceType, Integer> namespaces,
        Stdio stdio,
        @Nullable Integer devpts,
        Optional<byte[]> filter) {
    /** Descriptors that become 0, 1 and 2. */
    record Stdio(int in, int out, int err) {
        static Stdio of(Terminal terminal) {
            int slave = terminal.slave().number();
            return new Stdio(slave, slave, slave);
        }
    }
}
