package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.HostDevices;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Device;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Mount;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Seccomp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a privileged container and one with an init process are besides what their specification lists. */
record EffectiveSpec(HostKernel host, List<Path> initPrograms) {
    /** Static ones, which need nothing of an image: of Debian's package tini, and of Docker's own packages. */
    static final List<Path> INIT_PROGRAMS = List.of(
            Path.of("/usr/bin/tini-static"),
            Path.of("/usr/libexec/docker/docker-init"),
            Path.of("/usr/bin/docker-init"));

    private static final String INIT = "/sbin/docker-init";
    private static final int OTHER_FAILURE = 128;

    RuntimeSpec of(RuntimeSpec spec) throws IOException {
        RuntimeSpec effective = spec.privileged() ? privileged(spec) : spec;
        return spec.init() ? withInit(effective) : effective;
    }

    private RuntimeSpec privileged(RuntimeSpec spec) throws IOException {
        Map<String, Device> devices = new LinkedHashMap<>();
        spec.devices().forEach(device -> devices.put(device.path(), device));
        HostDevices.all().forEach(device -> devices.putIfAbsent(device.path(), device));
        List<String> rules = new ArrayList<>(spec.resources().deviceRules());
        rules.add("a *:* rwm");
        return spec.withProcess(
                        spec.process().withCapabilities(host.capabilities()).withApparmorProfile(null))
                .withDevices(List.copyOf(devices.values()))
                .withResources(spec.resources().withDeviceRules(rules))
                .withSeccomp(seccomp(spec))
                .withMaskedPaths(List.of())
                .withReadonlyPaths(List.of())
                .withMounts(spec.mounts().stream().map(EffectiveSpec::writable).toList());
    }

    /** A profile of the user's own holds for privileged containers too. */
    static Seccomp seccomp(RuntimeSpec spec) {
        return spec.privileged() && spec.seccomp() instanceof Seccomp.Default
                ? new Seccomp.Unconfined()
                : spec.seccomp();
    }

    /** Docker's privileged containers may write to the kernel's own file systems. */
    private static Mount writable(Mount mount) {
        if (!List.of("sysfs", "cgroup").contains(mount.type())) {
            return mount;
        }
        List<String> options =
                mount.options().stream().filter(option -> !option.equals("ro")).toList();
        return new Mount(mount.destination(), mount.type(), mount.source(), options);
    }

    private RuntimeSpec withInit(RuntimeSpec spec) throws RuntimeFailure {
        Path program = initPrograms.stream()
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new RuntimeFailure(
                        "an init process in the container (--init) needs a static tini on its host, none of "
                                + initPrograms + " is there: install Debian's package tini",
                        OTHER_FAILURE,
                        false,
                        null));
        List<Mount> mounts = new ArrayList<>(spec.mounts());
        mounts.add(new Mount(INIT, "bind", program.toString(), List.of("bind", "ro")));
        List<String> args = new ArrayList<>(List.of(INIT, "--"));
        args.addAll(spec.process().args());
        return spec.withMounts(mounts).withProcess(spec.process().withArgs(args));
    }
}
