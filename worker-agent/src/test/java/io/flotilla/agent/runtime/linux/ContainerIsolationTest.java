package io.flotilla.agent.runtime.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.Defaults;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Rlimit;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Root;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a container of Docker's defaults sees and may do, asked from inside. */
class ContainerIsolationTest {
    private static Box box;

    @BeforeAll
    static void open() throws Exception {
        box = new Box();
    }

    @AfterAll
    static void close() throws Exception {
        box.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"pid", "mnt", "uts", "ipc", "net", "cgroup"})
    void everyNamespaceIsItsOwn(String type) throws Exception {
        String host = Files.readSymbolicLink(Path.of("/proc/self/ns/" + type)).toString();

        assertThat(box.run("readlink /proc/self/ns/" + type).out())
                .startsWith(type + ":[")
                .isNotEqualTo(host + "\n");
    }

    @Test
    void itIsProcessOneOfANamedHostWithItsOwnFilesOnly() throws Exception {
        Box.Result result = box.run("echo $$; hostname; ls /; cat /proc/self/cgroup | grep -v ':/$'; ls /proc/self/fd");

        // 3 is ls's own
        assertThat(result.out()).isEqualTo("1\nbox\nbin\ndev\netc\nproc\nsys\ntmp\n0\n1\n2\n3\n");
        assertThat(result.err()).isEmpty();
    }

    @Test
    void rootHasDockersCapabilitiesAndOthersHaveNoneInEffect() throws Exception {
        String ask = "grep -E 'Cap|Seccomp:|NoNewPrivs' /proc/self/status";

        assertThat(box.run(ask).out()).isEqualTo("""
                        CapInh:	0000000000000000
                        CapPrm:	00000000a80425fb
                        CapEff:	00000000a80425fb
                        CapBnd:	00000000a80425fb
                        CapAmb:	0000000000000000
                        NoNewPrivs:	0
                        Seccomp:	2
                        """);
        assertThat(box.run(ask, spec -> Specs.withUser(spec, 1000, 1000)).out())
                .contains("CapPrm:	0000000000000000", "CapEff:	0000000000000000", "CapBnd:	00000000a80425fb");
    }

    @Test
    void noNewPrivilegesAndSeccompGoTogether() throws Exception {
        assertThat(box.run("grep -E 'Seccomp:|NoNewPrivs' /proc/self/status", Specs::withNoNewPrivileges)
                        .out())
                .isEqualTo("NoNewPrivs:	1\nSeccomp:	2\n");
    }

    @Test
    void defaultProfileForbidsNewNamespacesAndUnconfinedDoesNot() throws Exception {
        assertThat(box.run("unshare -U true").err()).contains("Operation not permitted");
        assertThat(box.run("unshare -U true", spec -> spec.withSeccomp(new RuntimeSpec.Seccomp.Unconfined()))
                        .code())
                .isZero();
    }

    @Test
    void userGroupsAndEnvironmentAreThoseAskedFor() throws Exception {
        Box.Result result =
                box.run("id; echo $GREETING; echo again > /dev/stdout", spec -> Specs.withUser(spec, 1000, 1001, 5, 6));

        assertThat(result.out()).isEqualTo("uid=1000 gid=1001 groups=5,6\nhello\nagain\n");
    }

    @Test
    void missingWorkingFolderIsMade() throws Exception {
        assertThat(box.run("pwd", spec -> Specs.withCwd(spec, "/a/b/c")).out()).isEqualTo("/a/b/c\n");
    }

    @Test
    void workingFolderCannotLeadToADescriptorOfTheAgent() throws Exception {
        // CVE-2024-21626: a descriptor of the runtime as working folder
        for (int fd = 3; fd < 20; fd++) {
            RuntimeSpec spec = Specs.withCwd(box.shell("ls"), "/proc/self/fd/" + fd);
            box.runtime.create(spec);
            assertThatExceptionOfType(RuntimeFailure.class).isThrownBy(() -> box.runtime.start(spec, new Box.Output()));
            box.runtime.delete(spec.id());
        }
    }

    @Test
    void sensitivePathsAreMaskedOrReadOnly() throws Exception {
        Box.Result masked = box.run("for p in " + String.join(" ", Defaults.maskedPaths())
                + "; do if test -d $p; then ls $p; elif test -e $p; then test -c $p || echo $p; cat $p; fi; done");
        assertThat(masked.out()).isEmpty();
        assertThat(masked.err()).isEmpty();

        Box.Result readonly = box.run("echo x > /proc/sys/kernel/domainname; mkdir /sys/fs/cgroup/x; touch /sys/x");
        assertThat(readonly.err().lines())
                .hasSize(3)
                .allMatch(line -> line.endsWith(": Read-only file system"), "read-only");
    }

    @Test
    void devicesAreDockersAndOthersCannotBeOpened() throws Exception {
        Box.Result result = box.run("""
                cd /dev; for d in null zero full random urandom tty; do test -c $d && echo -n "$d "; done; echo
                head -c 4 zero > /tmp/four; stat -c %s /tmp/four
                readlink fd; readlink ptmx; test -d shm && test -d mqueue && echo folders
                """);
        assertThat(result.out()).isEqualTo("null zero full random urandom tty \n4\n/proc/self/fd\npts/ptmx\nfolders\n");

        // making a node is allowed, using it is not
        Box.Result memory = box.run("busybox mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem");
        assertThat(memory.err()).contains("Operation not permitted");
    }

    @Test
    void readonlyRootIsReadOnlyButItsTmpfsIsNot() throws Exception {
        Box.Result result = box.run(Specs.withMount(
                readonly(box.shell("touch /x; touch /scratch/x && echo made; grep ' /scratch ' /proc/mounts")),
                "/scratch",
                "tmpfs",
                "tmpfs",
                "noexec",
                "size=1m",
                "rprivate"));

        assertThat(result.err()).contains("/x: Read-only file system");
        assertThat(result.out()).startsWith("made\n").contains("noexec").contains("size=1024k");
    }

    private static RuntimeSpec readonly(RuntimeSpec spec) {
        Root root = spec.root();
        return spec.withRoot(new Root(root.lower(), root.upper(), root.work(), true));
    }

    @Test
    void bindMountsAreMadeWhereNothingIsAndReadOnlyIfAskedFor() throws Exception {
        Path shared = Files.createDirectories(box.folder.resolve("shared"));
        Files.writeString(shared.resolve("file"), "from the host\n");
        Path file = shared.resolve("file");
        RuntimeSpec spec =
                box.shell("cat /ro/file /deep/er/file; echo more > /rw/new; echo no > /ro/no; echo no > /deep/er/file");
        spec = Specs.withMount(spec, "/ro", "bind", shared.toString(), "rbind", "ro");
        spec = Specs.withMount(spec, "/rw", "bind", shared.toString(), "rbind", "rprivate");
        spec = Specs.withMount(spec, "/deep/er/file", "bind", file.toString(), "bind", "ro");

        Box.Result result = box.run(spec);

        assertThat(result.out()).isEqualTo("from the host\nfrom the host\n");
        assertThat(result.err()).contains("/ro/no: Read-only file system", "/deep/er/file: Read-only file system");
        assertThat(shared.resolve("new")).hasContent("more");
        assertThat(shared.resolve("no")).doesNotExist();
    }

    @Test
    void mountTargetNeverLeavesTheContainer() throws Exception {
        Path shared = Files.createDirectories(box.folder.resolve("outside"));
        RuntimeSpec spec = box.shell("ls -d /etc/made/in");
        // in the container this is its own /etc; on the host it would be the host's
        Files.createSymbolicLink(spec.root().upper().resolve("evil"), Path.of("/etc"));
        spec = Specs.withMount(spec, "/evil/made/in", "bind", shared.toString(), "rbind");

        assertThat(box.run(spec).out()).isEqualTo("/etc/made/in\n");
        assertThat(Path.of("/etc/made")).doesNotExist();
    }

    @Test
    void rootOfMoreLayersThanMountOptionsHold() throws Exception {
        RuntimeSpec spec = box.shell("cat /layer-0 /layer-119 /top");
        var layers = new ArrayList<Path>();
        for (int i = 0; i < 120; i++) {
            Path layer = Files.createDirectories(box.folder.resolve("layers/" + "x".repeat(64) + i));
            Files.writeString(layer.resolve("layer-" + i), i + "\n");
            Files.writeString(layer.resolve("top"), "layer " + i + "\n");
            layers.add(layer);
        }
        layers.addAll(spec.root().lower());
        var root = new Root(layers, spec.root().upper(), spec.root().work(), false);

        assertThat(box.run(spec.withRoot(root)).out()).isEqualTo("0\n119\nlayer 0\n");
    }

    @Test
    void layerPathsMayHoldTheSeparatorsOfMountOptions() throws Exception {
        RuntimeSpec spec = box.shell("cat /odd");
        Path layer = Files.createDirectories(box.folder.resolve("a:b,c\\d"));
        Files.writeString(layer.resolve("odd"), "odd\n");
        var layers = new ArrayList<>(List.of(layer));
        layers.addAll(spec.root().lower());
        var root = new Root(layers, spec.root().upper(), spec.root().work(), false);

        assertThat(box.run(spec.withRoot(root)).out()).isEqualTo("odd\n");
    }

    @Test
    void namespacesAreJoinedByPath() throws Exception {
        var first = box.shell("hostname first; echo ready; sleep 60");
        var output = new Box.Output();
        // without a seccomp profile and with the right to name the host
        int pid = box.start(first.withSeccomp(new RuntimeSpec.Seccomp.Unconfined()), output)
                .pid();
        output.awaitOut("ready");
        try {
            RuntimeSpec spec = box.shell("for n in net ipc uts pid; do readlink /proc/self/ns/$n; done; ls -d /proc/1");
            var expected = new ArrayList<String>();
            for (var type : List.of(NamespaceType.NETWORK, NamespaceType.IPC, NamespaceType.UTS, NamespaceType.PID)) {
                String name =
                        type == NamespaceType.NETWORK ? "net" : type.name().toLowerCase(java.util.Locale.ROOT);
                Path path = Path.of("/proc/" + pid + "/ns/" + name);
                spec = Specs.withNamespace(spec, type, path);
                expected.add(Files.readSymbolicLink(path).toString());
            }
            Collections.addAll(expected, "/proc/1");

            assertThat(box.run(spec).out().lines()).containsExactlyElementsOf(expected);
        } finally {
            box.runtime.delete(first.id());
        }
        assertThat(box.run("echo $$").out())
                .as("the thread is back in its own pid namespace")
                .isEqualTo("1\n");
    }

    @Test
    void loopbackOfAnOwnNetworkIsUp() throws Exception {
        assertThat(box.run("ip addr show lo").out()).contains("127.0.0.1/8", "LOOPBACK,UP");
    }

    @Test
    void limitsAndKernelSettingsAreTheContainersAlone() throws Exception {
        String hostLimit = HostKernel.sysctl(Path.of("/proc/sys/kernel/msgmax"));
        RuntimeSpec spec = Specs.withLimits(
                box.shell("ulimit -n; cat /proc/self/oom_score_adj /proc/sys/kernel/msgmax"),
                17,
                new Rlimit("RLIMIT_NOFILE", 64, 128));

        assertThat(box.run(spec.withSysctl(Map.of("kernel.msgmax", "4321"))).out())
                .isEqualTo("64\n17\n4321\n");
        assertThat(HostKernel.sysctl(Path.of("/proc/sys/kernel/msgmax"))).isEqualTo(hostLimit);
        assertThat(Files.readString(Path.of("/proc/self/oom_score_adj"))).isNotEqualTo("17\n");
    }

    @Test
    void settingOfTheWholeHostIsRefused() throws IOException, RuntimeFailure {
        RuntimeSpec spec = box.shell("true").withSysctl(Map.of("kernel.panic", "1"));
        box.runtime.create(spec);

        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.runtime.start(spec, new Box.Output()))
                .withMessage("sysctl \"kernel.panic\" is not in a separate kernel namespace: unknown");
        box.runtime.delete(spec.id());
    }
}
