package io.flotilla.agent.runtime.linux.cgroup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.runtime.spec.RuntimeSpec.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On a real version 2 hierarchy, whatever controllers it has: a hybrid host's will do. */
class BpfDeviceGateTest {
    private final Path group;

    BpfDeviceGateTest() throws Exception {
        Path root = CgroupMounts.read(Files.readAllLines(Path.of("/proc/self/mountinfo")))
                .v2();
        group = requireNonNull(root, "this test needs a cgroup2 mount, a hybrid one too")
                .resolve("flotilla-gate" + ProcessHandle.current().pid());
    }

    @BeforeEach
    void makeGroup() throws Exception {
        Files.createDirectory(group);
    }

    @AfterEach
    void removeGroup() throws Exception {
        Files.delete(group);
    }

    @Test
    void harmlessDevicesOpenAndOthersDoNot() throws Exception {
        new BpfDeviceGate().allowOnly(group, DeviceRule.rulesFor(List.of(), List.of()));

        assertThat(inGroup("head -c 1 /dev/zero >/dev/null && echo zero")).isEqualTo("zero\n");
        assertThat(inGroup("mknod /tmp/gate.$$ c 1 1 && echo made; head -c 1 /tmp/gate.$$; rm /tmp/gate.$$"))
                .startsWith("made\n")
                .contains("Operation not permitted");
    }

    @Test
    void deviceOfTheContainerOpensToo() throws Exception {
        var memory = new Device("/dev/mem", "c", 1, 1, 0600, 0, 0, "rwm");
        new BpfDeviceGate().allowOnly(group, DeviceRule.rulesFor(List.of(memory), List.of()));

        assertThat(inGroup("mknod /tmp/gate.$$ c 1 1 && : < /tmp/gate.$$ && echo opened; rm /tmp/gate.$$"))
                .doesNotContain("Operation not permitted");
    }

    @Test
    void ruleForAllDevicesOpensEveryOne() throws Exception {
        new BpfDeviceGate().allowOnly(group, DeviceRule.rulesFor(List.of(), List.of("a *:* rwm")));

        assertThat(inGroup("mknod /tmp/gate.$$ c 1 1 && : < /tmp/gate.$$ && echo opened; rm /tmp/gate.$$"))
                .doesNotContain("Operation not permitted");
    }

    private String inGroup(String script) throws Exception {
        Process process = new ProcessBuilder(
                        "/bin/sh", "-c", "echo $$ > " + group.resolve("cgroup.procs") + "; " + script)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return output;
    }
}
