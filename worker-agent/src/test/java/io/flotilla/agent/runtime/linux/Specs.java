package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Mount;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Namespace;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Process;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Rlimit;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Root;
import io.flotilla.agent.runtime.spec.RuntimeSpec.User;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Variations of a container that take more than a change of one field. */
final class Specs {
    private Specs() {}

    static RuntimeSpec withMount(RuntimeSpec spec, String destination, String type, String source, String... options) {
        var mounts = new ArrayList<>(spec.mounts());
        mounts.add(new Mount(destination, type, source, List.of(options)));
        return spec.withMounts(mounts);
    }

    /** A new namespace when the path is null. */
    static RuntimeSpec withNamespace(RuntimeSpec spec, NamespaceType type, @Nullable Path path) {
        var namespaces = new ArrayList<>(withoutNamespace(spec, type).namespaces());
        namespaces.add(new Namespace(type, path));
        return spec.withNamespaces(namespaces);
    }

    /** With the host's. */
    static RuntimeSpec withoutNamespace(RuntimeSpec spec, NamespaceType type) {
        var namespaces = new ArrayList<>(spec.namespaces());
        namespaces.removeIf(namespace -> namespace.type() == type);
        return spec.withNamespaces(namespaces);
    }

    static RuntimeSpec withProcess(RuntimeSpec spec, UnaryOperator<Process> change) {
        return spec.withProcess(change.apply(spec.process()));
    }

    static RuntimeSpec withUser(RuntimeSpec spec, int uid, int gid, Integer... groups) {
        return withProcess(spec, process -> process.withUser(new User(uid, gid, List.of(groups))));
    }

    static RuntimeSpec withCwd(RuntimeSpec spec, String cwd) {
        return withProcess(spec, process -> process.withCwd(cwd));
    }

    static RuntimeSpec withTerminal(RuntimeSpec spec) {
        return withProcess(spec, process -> process.withTerminal(true));
    }

    static RuntimeSpec withLimits(RuntimeSpec spec, int oomScoreAdj, Rlimit... limits) {
        return withProcess(spec, process -> process.withRlimits(List.of(limits)).withOomScoreAdj(oomScoreAdj));
    }

    static RuntimeSpec withNoNewPrivileges(RuntimeSpec spec) {
        return withProcess(spec, process -> process.withNoNewPrivileges(true));
    }

    static RuntimeSpec withId(RuntimeSpec spec, String id, Path upper, Path work) {
        return spec.withId(id).withRoot(new Root(spec.root().lower(), upper, work, false));
    }
}
