package io.flotilla.agent.runtime.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.HostDevices;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Device;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Mount;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user may ask for beyond Docker's defaults, seen from inside. */
class HostConfigTest {
    private static Box box;

    @BeforeAll
    static void open() throws Exception {
        box = new Box();
    }

    @AfterAll
    static void close() throws Exception {
        box.close();
    }

    @Test
    void privilegedContainerHasTheHostsDevicesAndCapabilities() throws Exception {
        String own = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("CapEff"))
                .findFirst()
                .orElseThrow();

        Box.Result result = box.run(
                "grep -E 'CapEff|Seccomp:' /proc/self/status; ls /dev/kmsg; : < /dev/kmsg && echo opened; "
                        + "mount -t tmpfs none /tmp && echo mounted; touch /proc/sys/kernel/domainname && echo writable; "
                        + "ls /proc/acpi >/dev/null 2>&1; readlink /proc/self/ns/pid",
                spec -> spec.withPrivileged(true));

        assertThat(result.out().lines()).contains(own, "Seccomp:\t0", "/dev/kmsg", "opened", "mounted", "writable");
    }

    @Test
    void deviceIsGivenWithItsAccess() throws Exception {
        Device memory =
                HostDevices.mapped(Path.of("/dev/kmsg"), "/dev/messages", "w").getFirst();
        List<Device> devices = new ArrayList<>(box.shell("").devices());
        devices.add(memory);

        Box.Result result = box.run(
                ": > /dev/messages && echo writable; head -c 1 /dev/messages", spec -> spec.withDevices(devices));

        assertThat(result.out()).isEqualTo("writable\n");
        assertThat(result.err()).contains("Operation not permitted");
    }

    @Test
    void deviceRuleAllowsWhatTheContainerMakesItself() throws Exception {
        String script = "mknod /tmp/kmsg c 1 11; : > /tmp/kmsg && echo writable";

        assertThat(box.run(script).err()).contains("Operation not permitted");
        assertThat(box.run(script, spec -> spec.withResources(Resources.UNLIMITED.withDeviceRules(List.of("c 1:11 w"))))
                        .out())
                .isEqualTo("writable\n");
    }

    @Test
    void whatIsNotADeviceIsToldAsDockerDoes() {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> HostDevices.mapped(Path.of("/etc/passwd"), "/dev/x", "rwm"))
                .withMessage("error gathering device information while adding custom device \"/etc/passwd\": "
                        + "not a device node");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> HostDevices.mapped(Path.of("/dev/none"), "/dev/x", "rwm"))
                .withMessage("error gathering device information while adding custom device \"/dev/none\": "
                        + "no such file or directory");
    }

    @ParameterizedTest
    @CsvSource({"PID,pid", "IPC,ipc", "UTS,uts", "NETWORK,net", "CGROUP,cgroup"})
    void namespaceThatIsNotListedIsTheHosts(NamespaceType type, String file) throws Exception {
        String host = Files.readSymbolicLink(Path.of("/proc/self/ns/" + file)).toString();

        Box.Result result = box.run("readlink /proc/self/ns/" + file, spec -> Specs.withoutNamespace(spec, type));

        assertThat(result.out()).isEqualTo(host + "\n");
    }

    @Test
    void anotherContainersProcessesAndSharedMemoryAreSeen() throws Exception {
        RuntimeSpec first = box.shell("echo shared > /dev/shm/file; echo ready; sleep 60; true");
        var output = new Box.Output();
        int pid = box.start(first, output).pid();
        output.awaitOut("ready");

        Box.Result result =
                box.run("cat /dev/shm/file; readlink /proc/self/ns/ipc; cat /proc/1/cmdline | head -c 2", spec -> {
                    RuntimeSpec joined =
                            Specs.withNamespace(spec, NamespaceType.IPC, Path.of("/proc/" + pid + "/ns/ipc"));
                    joined = Specs.withNamespace(joined, NamespaceType.PID, Path.of("/proc/" + pid + "/ns/pid"));
                    var mounts = new ArrayList<>(joined.mounts());
                    mounts.replaceAll(mount -> mount.destination().equals("/dev/shm")
                            ? new Mount("/dev/shm", "bind", "/proc/" + pid + "/root/dev/shm", List.of("rbind"))
                            : mount);
                    return joined.withMounts(mounts);
                });

        String ipc = Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/ipc")).toString();
        assertThat(result.out()).isEqualTo("shared\n" + ipc + "\nsh");
        assertThat(result.err()).isEmpty();
        box.runtime.delete(first.id());
    }

    @Test
    void sysctlsOfTheContainersOwnNamespacesAreSet() throws Exception {
        Box.Result result = box.run(
                "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax",
                spec -> spec.withSysctl(Map.of("net.ipv4.ip_forward", "1", "kernel.msgmax", "4096")));

        assertThat(result.out()).isEqualTo("1\n4096\n");
    }

    @Test
    void bindThatCannotPropagateIsRefusedAsDockerDoes() throws Exception {
        String mountinfo = "21 1 0:19 / / rw - ext4 /dev/root rw\n"
                + "22 21 0:20 / /run rw shared:5 - tmpfs tmpfs rw\n"
                + "23 21 0:21 / /srv/with\\040space rw master:5 - tmpfs tmpfs rw";
        List<String> lines = mountinfo.lines().toList();

        SharedMounts.check("/run/x", true, lines);
        SharedMounts.check("/srv/with space/y", false, lines);
        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> SharedMounts.check("/srv/with space/y", true, lines))
                .withMessage("path /srv/with space/y is mounted on /srv/with space but it is not a shared mount");
        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> SharedMounts.check("/home", false, lines))
                .withMessage("path /home is mounted on / but it is not a shared or slave mount");
    }

    @Test
    void readOnlyBindIsReadOnlyBelowToo() throws Exception {
        Path source = Files.createDirectories(box.folder.resolve("source"));
        RuntimeSpec spec = Specs.withMount(
                box.shell("touch /data/x; grep -c ' /data ro' /proc/self/mountinfo"),
                "/data",
                "bind",
                source.toString(),
                "rbind",
                "rro");

        Box.Result result = box.run(spec);

        assertThat(result.err()).contains("Read-only file system");
        assertThat(result.out()).isEqualTo("1\n");
        Files.delete(source);
    }

    @Test
    void memoryControlsReachTheKernel() throws Exception {
        Box.Result result = box.run(
                "cd /sys/fs/cgroup; cat memory/memory.swappiness; cat blkio/blkio.throttle.read_bps_device; "
                        + "cat memory/memory.soft_limit_in_bytes",
                spec -> spec.withResources(
                        Resources.UNLIMITED.withMemorySwappiness(13L).withMemoryReservationBytes(32L << 20)));

        assertThat(result.out()).isEqualTo("13\n33554432\n");
    }

    @Test
    void initProcessRunsTheCommandAsItsChild() throws Exception {
        Path init = Files.createTempFile("init", ".sh");
        Files.writeString(init, "#!/bin/sh\nshift\necho init $$\n\"$@\"\n");
        assertThat(init.toFile().setExecutable(true, false)).isTrue();
        try (var withInit = Box.withInit(Path.of("/none"), init)) {
            Box.Result result = withInit.run("echo command $$", spec -> spec.withInit(true));
            assertThat(result.out()).matches("init 1\ncommand [2-9]\\d*\n");
        } finally {
            Files.delete(init);
        }
    }

    @Test
    void missingInitProgramIsNamedWithItsPackage() throws Exception {
        try (var withoutInit = Box.withInit(Path.of("/none"))) {
            RuntimeSpec spec = withoutInit.shell("true").withInit(true);
            assertThatExceptionOfType(RuntimeFailure.class)
                    .isThrownBy(() -> withoutInit.runtime.create(spec))
                    .withMessageContaining("[/none]")
                    .withMessageEndingWith("install Debian's package tini");
        }
    }

    @Test
    void whatThisHostCannotDoIsRefusedByName() throws Exception {
        RuntimeSpec confined =
                Specs.withProcess(box.shell("true"), process -> process.withApparmorProfile("docker-default"));
        RuntimeSpec badRule =
                box.shell("true").withResources(Resources.UNLIMITED.withDeviceRules(List.of("c 1:x rwm")));

        if (!Files.exists(Path.of("/sys/kernel/security/apparmor"))) {
            assertThatExceptionOfType(RuntimeFailure.class)
                    .isThrownBy(() -> box.runtime.create(confined))
                    .withMessage(
                            "AppArmor profile \"docker-default\" can't be applied: this host's kernel has no AppArmor");
        }
        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.runtime.create(badRule))
                .withMessage("invalid device cgroup rule format: 'c 1:x rwm'");
        assertThat(box.runtime.known()).doesNotContain(badRule.id());
    }
}
