package io.flotilla.agent.container;

import static io.flotilla.agent.container.SchemaFields.fields;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.Snapshot;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.EndpointSettings;
import io.flotilla.bus.schema.HostConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** No field of a request is ignored: each changes what is run, is refused by name, or is known to be used elsewhere. */
class RequestFieldsTest {
    private static final ObjectMapper JSON = Codec.JSON.mapper();

    /** A value of each field of Config that differs from the default. */
    private static final Map<String, String> CONFIG = fields("""
            {"Hostname": "h", "Domainname": "d", "User": "7", "AttachStdin": true, "AttachStdout": true,
             "AttachStderr": true, "ExposedPorts": {"81/tcp": {}}, "Tty": true, "OpenStdin": true, "StdinOnce": true,
             "Env": ["A=b"], "Cmd": ["x"], "Healthcheck": {"Test": ["CMD", "true"]}, "ArgsEscaped": true,
             "Image": "box:2", "Volumes": {"/data": {}}, "WorkingDir": "/tmp", "Entrypoint": ["/e"],
             "NetworkDisabled": true, "OnBuild": ["RUN x"], "Labels": {"a": "b"}, "StopSignal": "SIGINT",
             "StopTimeout": 3, "Shell": ["/bin/ash", "-c"]}""");

    /** What is not of the plan: shown by docker inspect, or used while the container lives. */
    private static final Set<String> CONFIG_USED_ELSEWHERE = Set.of(
            // the client's own business: what docker run attached to
            "AttachStdin",
            "AttachStdout",
            "AttachStderr",
            // Windows
            "ArgsEscaped",
            // of images made of the container, and of its health check
            "OnBuild",
            "Shell",
            "Healthcheck",
            "Image",
            "Labels",
            // publishing all and links ask for them
            "ExposedPorts");

    private static final Map<String, String> HOST = fields("""
            {"CpuShares": 512, "Memory": 67108864, "CgroupParent": "/p", "BlkioWeight": 500,
             "BlkioWeightDevice": [{"Path": "/dev/null", "Weight": 100}],
             "BlkioDeviceReadBps": [{"Path": "/dev/null", "Rate": 9}],
             "BlkioDeviceWriteBps": [{"Path": "/dev/null", "Rate": 9}],
             "BlkioDeviceReadIOps": [{"Path": "/dev/null", "Rate": 9}],
             "BlkioDeviceWriteIOps": [{"Path": "/dev/null", "Rate": 9}],
             "CpuPeriod": 50000, "CpuQuota": 20000, "CpuRealtimePeriod": 1000000, "CpuRealtimeRuntime": 9000,
             "CpusetCpus": "0", "CpusetMems": "0",
             "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/n", "CgroupPermissions": "r"}],
             "DeviceCgroupRules": ["c 1:3 r"], "DeviceRequests": [{"Driver": "nvidia", "Count": 1}],
             "MemoryReservation": 8388608, "MemorySwap": 9000000, "MemorySwappiness": 10, "NanoCpus": 500000000,
             "OomKillDisable": true, "Init": true, "PidsLimit": 7,
             "Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 20}], "CpuCount": 1, "CpuPercent": 1,
             "IOMaximumIOps": 1, "IOMaximumBandwidth": 1, "Binds": ["/usr:/u:ro"], "ContainerIDFile": "/x",
             "LogConfig": {"Type": "none", "Config": {}}, "NetworkMode": "none",
             "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
             "RestartPolicy": {"Name": "always", "MaximumRetryCount": 0}, "AutoRemove": true, "VolumeDriver": "nfs",
             "VolumesFrom": ["other"], "Mounts": [{"Type": "tmpfs", "Target": "/t"}], "ConsoleSize": [10, 20],
             "Annotations": {"a": "b"}, "CapAdd": ["NET_ADMIN"], "CapDrop": ["KILL"], "CgroupnsMode": "host",
             "Dns": ["1.1.1.1"], "DnsOptions": ["ndots:1"], "DnsSearch": ["x"], "ExtraHosts": ["a:1.2.3.4"],
             "GroupAdd": ["9"], "IpcMode": "host", "Cgroup": "container:x", "Links": ["other:o"], "OomScoreAdj": 5,
             "PidMode": "host", "Privileged": true, "PublishAllPorts": true, "ReadonlyRootfs": true,
             "SecurityOpt": ["no-new-privileges"], "StorageOpt": {"size": "1G"}, "Tmpfs": {"/t": "size=1m"},
             "UTSMode": "host", "UsernsMode": "wrong", "ShmSize": 1048576, "Sysctls": {"kernel.msgmax": "9"},
             "Runtime": "wrong", "Isolation": "hyperv", "MaskedPaths": ["/m"], "ReadonlyPaths": ["/r"]}""");

    private static final Set<String> HOST_USED_ELSEWHERE = Set.of(
            // written by the client, and its terminal's size without a terminal
            "ContainerIDFile",
            "ConsoleSize",
            // the log, the name service files and the links are made when it starts
            "LogConfig",
            "Dns",
            "DnsOptions",
            "DnsSearch",
            "ExtraHosts",
            "Links",
            // by the reconciler
            "RestartPolicy",
            "AutoRemove",
            // of volumes that are to be made
            "VolumeDriver");

    private static final Map<String, String> ENDPOINT = fields("""
            {"IPAMConfig": {"IPv4Address": "172.17.0.9"}, "Links": ["a"], "MacAddress": "02:00:00:00:00:09",
             "Aliases": ["a"], "DriverOpts": {"a": "b"}, "GwPriority": 1, "NetworkID": "n", "EndpointID": "e",
             "Gateway": "g", "IPAddress": "i", "IPPrefixLen": 1, "IPv6Gateway": "g", "GlobalIPv6Address": "i",
             "GlobalIPv6PrefixLen": 1, "DNSNames": ["d"]}""");

    private static final Set<String> ENDPOINT_RESULTS = Set.of(
            // which of several networks has the default route: there is one
            "GwPriority",
            "NetworkID",
            "EndpointID",
            "Gateway",
            "IPAddress",
            "IPPrefixLen",
            "IPv6Gateway",
            "GlobalIPv6Address",
            "GlobalIPv6PrefixLen",
            "DNSNames");

    private Path folder;

    @BeforeEach
    void prepare(@TempDir Path temporary) throws IOException {
        folder = Files.createDirectories(temporary.resolve("layer"));
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfConfigIsIgnored() {
        return each(ContainerConfig.class, CONFIG, CONFIG_USED_ELSEWHERE, config -> request(config, empty(), null));
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfHostConfigIsIgnored() {
        return each(HostConfig.class, HOST, HOST_USED_ELSEWHERE, host -> request(exposing(), host, null));
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfAnEndpointIsIgnored() {
        return each(
                EndpointSettings.class, ENDPOINT, ENDPOINT_RESULTS, endpoint -> request(empty(), empty(), endpoint));
    }

    /** A request is a stranger's: whatever it says, it is carried out or refused, and never more than that. */
    @TestFactory
    Stream<DynamicTest> noValueOfAFieldIsMoreThanRefused() {
        return Stream.of(
                        spoiled("Config", CONFIG, config -> request(config, empty(), null)),
                        spoiled("HostConfig", HOST, host -> request(exposing(), host, null)),
                        spoiled("Endpoint", ENDPOINT, endpoint -> request(empty(), empty(), endpoint)))
                .flatMap(tests -> tests);
    }

    private Stream<DynamicTest> spoiled(String what, Map<String, String> values, Requested requested) {
        return values.entrySet().stream()
                .map(field -> DynamicTest.dynamicTest(what + "." + field.getKey(), () -> {
                    for (JsonNode value : SpoiledJson.of(JSON.readTree(field.getValue()))) {
                        ObjectNode part = empty();
                        part.set(field.getKey(), value);
                        Optional<ContainerRequest> request = readable(requested, part);
                        if (request.isPresent()) {
                            assertThatCode(() -> effect(request.get()))
                                    .as("%.200s", part)
                                    .doesNotThrowAnyException();
                        }
                    }
                }));
    }

    /** Empty where a word is none of an enum's: such a request does not come as far. */
    private static Optional<ContainerRequest> readable(Requested requested, ObjectNode part) throws IOException {
        try {
            return Optional.of(requested.with(part));
        } catch (InvalidFormatException noWord) {
            return Optional.empty();
        }
    }

    private static ObjectNode empty() {
        return JSON.createObjectNode();
    }

    private static ObjectNode exposing() {
        ObjectNode config = empty();
        config.putObject("ExposedPorts").putObject("80/tcp");
        return config;
    }

    private interface Requested {
        ContainerRequest with(ObjectNode part) throws IOException;
    }

    private static ContainerRequest request(ObjectNode config, ObjectNode host, @Nullable ObjectNode endpoint)
            throws IOException {
        return new ContainerRequest(
                "box",
                JSON.treeToValue(config, ContainerConfig.class),
                JSON.treeToValue(host, HostConfig.class),
                endpoint == null ? Map.of() : Map.of("bridge", JSON.treeToValue(endpoint, EndpointSettings.class)),
                "sha256:a");
    }

    private Stream<DynamicTest> each(
            Class<?> type, Map<String, String> values, Set<String> elsewhere, Requested requested) {
        List<String> names = SchemaFields.names(type);
        assertThat(values.keySet()).containsExactlyInAnyOrderElementsOf(names);
        return names.stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    ObjectNode part = empty();
                    part.set(name, JSON.readTree(values.get(name)));
                    if (type == HostConfig.class && name.equals("MemorySwap")) {
                        part.put("Memory", 8_000_000);
                    }
                    Object plain = effect(requested.with(
                            type == HostConfig.class && name.equals("MemorySwap")
                                    ? empty().put("Memory", 8_000_000)
                                    : empty()));
                    Object changed = effect(requested.with(part));
                    if (elsewhere.contains(name)) {
                        return;
                    }
                    assertThat(changed).as(name + " is ignored").isNotEqualTo(plain);
                }));
    }

    /** What is run of a request, or why it is not. */
    private Object effect(ContainerRequest request) throws IOException {
        ObjectNode config = JSON.createObjectNode();
        config.putObject("config").putArray("Cmd").add("serve");
        StoredImage image = new StoredImage("sha256:a", List.of(), config, List.of(), 1, Instant.EPOCH);
        Snapshot root = new Snapshot(List.of(folder), folder, folder);
        try {
            ContainerRecord made = new ContainerMaking(Volumes.none(), reference -> Optional.empty())
                    .make(
                            request,
                            new ContainerPlan.Site(
                                    "c".repeat(64),
                                    Instant.EPOCH,
                                    Path.of("/c"),
                                    root,
                                    new NodeIdentity("n1", "host1", "x86_64")),
                            image);
            return List.of(
                    made.spec(),
                    made.network(),
                    made.ports(),
                    made.mounts(),
                    String.valueOf(made.macAddress()),
                    made.stopSignal(),
                    made.stopGraceMs());
        } catch (PlanRefused refused) {
            return String.valueOf(refused.getMessage());
        }
    }

    @Test
    void shortFormsOfBindsAreReadAsDockerDoes() throws Exception {
        MountWish bind = BindText.parse("/src:/dst:ro,rslave", "");
        assertThat(bind.source()).isEqualTo("/src");
        assertThat(bind.target()).isEqualTo("/dst");
        assertThat(bind.readOnly()).isTrue();
        assertThat(bind.createSource()).isTrue();
        assertThat(MountRules.runtimeMount(new MountWish.Resolved(bind, null, "/src"))
                        .options())
                .containsExactly("rbind", "rslave", "rro");
        assertThat(BindText.parse("data:/dst:nocopy", "").source()).isEqualTo("data");
        assertThat(BindText.parse("/dst", "").source()).isEmpty();
        for (String wrong : List.of("/a:ro", "/a:/b:rx", "/a:/b:ro,rw", "a:/b:rslave", "/a:b", "/a:/", "a b:/c", "")) {
            assertThat(refusal(wrong)).as(wrong).isNotEmpty();
        }
    }

    /** An image says them too: the host's folders are not its to give. */
    @Test
    void whatLooksLikeABindAmongVolumesIsAPath() throws Exception {
        for (String path : List.of("/etc:/x", "/:/host:ro", "/etc:/x:rslave")) {
            ObjectNode config = empty();
            config.putObject("Volumes").putObject(path);
            assertThat(effect(request(config, empty(), null)))
                    .asString()
                    .endsWith("volumes are not supported on this node yet");
        }
        ObjectNode named = empty();
        named.putObject("Volumes").putObject("data:/x");
        assertThat(effect(request(named, empty(), null))).asString().endsWith("mount path must be absolute");
    }

    private static String refusal(String bind) {
        try {
            return BindText.parse(bind, "").target().isEmpty() ? "no target" : "";
        } catch (PlanRefused refused) {
            return String.valueOf(refused.getMessage());
        }
    }

    @Test
    void ownTmpfsOptionsTakeThePlaceOfDockers() throws Exception {
        assertThatThrownBy(() -> TmpfsOptions.merged("bad")).hasMessage("invalid tmpfs option [\"bad\"]");
        assertThatThrownBy(() -> TmpfsOptions.merged("bad=1")).hasMessage("invalid tmpfs option [\"bad\" \"1\"]");
        assertThat(TmpfsOptions.merged("exec,size=1m")).containsExactly("exec", "nosuid", "nodev", "size=1m");
    }
}
