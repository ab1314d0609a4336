package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.ExecSpec;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Namespace;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import java.nio.file.Files;
import java.nio.file.Path;

/** Refuses what this runtime can't do yet, and what would reach outside the container, before anything is made. */
final class SpecCheck {
    private static final int OTHER_FAILURE = 128;

    private SpecCheck() {}

    static boolean isContainerId(String id) {
        return id.matches("[0-9a-f]{64}");
    }

    /** Ids become paths. */
    static void requireContainerId(String id) {
        if (!isContainerId(id)) {
            throw new IllegalArgumentException("not a container id: " + id);
        }
    }

    static void check(RuntimeSpec spec) throws RuntimeFailure {
        requireContainerId(spec.id());
        refuseIf(spec.process().args().isEmpty(), "no command specified");
        checkAppArmor(spec.process());
        refuseIf(has(spec, NamespaceType.USER), "user namespaces are not supported yet");
        refuseIf(
                !ContainerProgram.isNew(spec, NamespaceType.MOUNT),
                "a container needs a new mount namespace, it can't share the host's or another container's");
        Path parent = Path.of(spec.cgroupParent());
        refuseIf(
                parent.isAbsolute() || !parent.normalize().equals(parent) || parent.startsWith(".."),
                "cgroup parent " + spec.cgroupParent() + " is not a plain relative path");
        for (var mount : spec.mounts()) {
            refuseIf(
                    !mount.destination().startsWith("/"),
                    "invalid mount destination \"" + mount.destination() + "\": it is not an absolute path");
            refuseIf(mount.options().contains("tmpcopyup"), "mount option tmpcopyup is not supported yet");
        }
    }

    static void check(ExecSpec exec) throws RuntimeFailure {
        refuseIf(exec.process().args().isEmpty(), "No exec command specified");
        checkAppArmor(exec.process());
    }

    private static void checkAppArmor(RuntimeSpec.Process process) throws RuntimeFailure {
        String profile = process.apparmorProfile();
        refuseIf(
                profile != null && !Files.exists(Path.of("/sys/kernel/security/apparmor")),
                "AppArmor profile \"" + profile + "\" can't be applied: this host's kernel has no AppArmor");
    }

    private static boolean has(RuntimeSpec spec, NamespaceType type) {
        return spec.namespaces().stream().map(Namespace::type).anyMatch(type::equals);
    }

    private static void refuseIf(boolean refused, String reason) throws RuntimeFailure {
        if (refused) {
            throw new RuntimeFailure(reason, OTHER_FAILURE, false, null);
        }
    }
}
