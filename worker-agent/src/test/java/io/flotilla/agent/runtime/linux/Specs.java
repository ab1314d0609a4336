package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Mount;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Namespace;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Process;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Rlimit;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Root;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Seccomp;
import io.flotilla.agent.runtime.spec.RuntimeSpec.User;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Variations of a container. */
final class Specs {
    private Specs() {}

    static RuntimeSpec withMount(RuntimeSpec spec, String destination, String type, String source, String... options) {
        var mounts = new ArrayList<>(spec.mounts());
        mounts.add(new Mount(destination, type, source, List.of(options)));
        return with(
                spec,
                spec.process(),
                spec.root(),
                mounts,
                spec.namespaces(),
                spec.resources(),
                spec.seccomp(),
                spec.sysctl());
    }

    static RuntimeSpec withNamespace(RuntimeSpec spec, NamespaceType type, @Nullable Path path) {
        var namespaces = new ArrayList<>(spec.namespaces());
        namespaces.removeIf(namespace -> namespace.type() == type);
        namespaces.add(new Namespace(type, path));
        return with(
                spec,
                spec.process(),
                spec.root(),
                spec.mounts(),
                namespaces,
                spec.resources(),
                spec.seccomp(),
                spec.sysctl());
    }

    static RuntimeSpec withResources(RuntimeSpec spec, Resources resources) {
        return with(
                spec,
                spec.process(),
                spec.root(),
                spec.mounts(),
                spec.namespaces(),
                resources,
                spec.seccomp(),
                spec.sysctl());
    }

    static RuntimeSpec withSeccomp(RuntimeSpec spec, Seccomp seccomp) {
        return with(
                spec,
                spec.process(),
                spec.root(),
                spec.mounts(),
                spec.namespaces(),
                spec.resources(),
                seccomp,
                spec.sysctl());
    }

    static RuntimeSpec withSysctl(RuntimeSpec spec, Map<String, String> sysctl) {
        return with(
                spec,
                spec.process(),
                spec.root(),
                spec.mounts(),
                spec.namespaces(),
                spec.resources(),
                spec.seccomp(),
                sysctl);
    }

    static RuntimeSpec withRoot(RuntimeSpec spec, Root root) {
        return with(
                spec,
                spec.process(),
                root,
                spec.mounts(),
                spec.namespaces(),
                spec.resources(),
                spec.seccomp(),
                spec.sysctl());
    }

    static RuntimeSpec withUser(RuntimeSpec spec, int uid, int gid, Integer... groups) {
        Process p = spec.process();
        return withProcess(
                spec,
                new Process(
                        p.args(),
                        p.env(),
                        p.cwd(),
                        new User(uid, gid, List.of(groups)),
                        p.capabilities(),
                        p.noNewPrivileges(),
                        p.rlimits(),
                        p.oomScoreAdj(),
                        p.terminal(),
                        p.openStdin()));
    }

    static RuntimeSpec withCwd(RuntimeSpec spec, String cwd) {
        Process p = spec.process();
        return withProcess(
                spec,
                new Process(
                        p.args(),
                        p.env(),
                        cwd,
                        p.user(),
                        p.capabilities(),
                        p.noNewPrivileges(),
                        p.rlimits(),
                        p.oomScoreAdj(),
                        p.terminal(),
                        p.openStdin()));
    }

    static RuntimeSpec withTerminal(RuntimeSpec spec) {
        Process p = spec.process();
        return withProcess(
                spec,
                new Process(
                        p.args(),
                        p.env(),
                        p.cwd(),
                        p.user(),
                        p.capabilities(),
                        p.noNewPrivileges(),
                        p.rlimits(),
                        p.oomScoreAdj(),
                        true,
                        p.openStdin()));
    }

    static RuntimeSpec withLimits(RuntimeSpec spec, int oomScoreAdj, Rlimit... limits) {
        Process p = spec.process();
        return withProcess(
                spec,
                new Process(
                        p.args(),
                        p.env(),
                        p.cwd(),
                        p.user(),
                        p.capabilities(),
                        p.noNewPrivileges(),
                        List.of(limits),
                        oomScoreAdj,
                        p.terminal(),
                        p.openStdin()));
    }

    static RuntimeSpec withNoNewPrivileges(RuntimeSpec spec) {
        Process p = spec.process();
        return withProcess(
                spec,
                new Process(
                        p.args(),
                        p.env(),
                        p.cwd(),
                        p.user(),
                        p.capabilities(),
                        true,
                        p.rlimits(),
                        p.oomScoreAdj(),
                        p.terminal(),
                        p.openStdin()));
    }

    static RuntimeSpec withId(RuntimeSpec spec, String id, Path upper, Path work) {
        return new RuntimeSpec(
                id,
                spec.process(),
                new Root(spec.root().lower(), upper, work, false),
                spec.hostname(),
                spec.domainname(),
                spec.mounts(),
                spec.namespaces(),
                spec.resources(),
                spec.devices(),
                spec.seccomp(),
                spec.maskedPaths(),
                spec.readonlyPaths(),
                spec.sysctl(),
                spec.cgroupParent(),
                spec.init());
    }

    private static RuntimeSpec withProcess(RuntimeSpec spec, Process process) {
        return with(
                spec,
                process,
                spec.root(),
                spec.mounts(),
                spec.namespaces(),
                spec.resources(),
                spec.seccomp(),
                spec.sysctl());
    }

    private static RuntimeSpec with(
            RuntimeSpec spec,
            Process process,
            Root root,
            List<Mount> mounts,
            List<Namespace> namespaces,
            Resources resources,
            Seccomp seccomp,
            Map<String, String> sysctl) {
        return new RuntimeSpec(
                spec.id(),
                process,
                root,
                spec.hostname(),
                spec.domainname(),
                mounts,
                namespaces,
                resources,
                spec.devices(),
                seccomp,
                spec.maskedPaths(),
                spec.readonlyPaths(),
                sysctl,
                spec.cgroupParent(),
                spec.init());
    }
}
