package io.flotilla.gateway;

import java.util.Arrays;
import java.util.List;

/**
 * An operation of the Engine API as the hostile requests vary it.
 *
 * @param path with {@code {id}} or {@code {name}} for an object's name
 * @param parameters names of query parameters to vary
 * @param pinned query parameters with values that make a stream end
 * @param body a good JSON body to spoil, empty where there is none
 */
record Operation(String method, String path, List<String> parameters, List<String> pinned, String body) {
    private static final String SERVICE = """
            {"Name":"new","Labels":{"a":"b"},"TaskTemplate":{"ContainerSpec":{"Image":"busybox","Args":["sleep"],
            "Env":["A=b"],"Mounts":[{"Type":"volume","Source":"v","Target":"/v"}],
            "Healthcheck":{"Test":["CMD","x"],"Interval":1000000000}},"Resources":{"Limits":{"MemoryBytes":1048576}},
            "RestartPolicy":{"Condition":"any","MaxAttempts":3},"Placement":{"Constraints":["node.role==manager"]}},
            "Mode":{"Replicated":{"Replicas":1}},"UpdateConfig":{"Parallelism":1,"Delay":1000000000},
            "EndpointSpec":{"Mode":"vip","Ports":[{"Protocol":"tcp","TargetPort":80,"PublishedPort":8080}]}}""";
    private static final String SWARM = """
            {"Name":"default","Labels":{"a":"b"},"Orchestration":{"TaskHistoryRetentionLimit":5},
            "Raft":{"SnapshotInterval":10000},"Dispatcher":{"HeartbeatPeriod":5000000000}}""";
    private static final String INIT = """
            {"ListenAddr":"0.0.0.0:2377","AdvertiseAddr":"10.0.0.1","DefaultAddrPool":["10.0.0.0/8"],
            "SubnetSize":24,"ForceNewCluster":false,"Spec":{"Name":"default"}}""";
    private static final String NODE = """
            {"Role":"manager","Availability":"active","Labels":{"a":"b"},"Name":"n"}""";

    private static final String CONTAINER = """
            {"Image":"busybox","Cmd":["ls"],"Env":["A=b"],"Labels":{"a":"b"},"ExposedPorts":{"80/tcp":{}},
            "Volumes":{"/v":{}},"Healthcheck":{"Test":["NONE"],"Interval":0},"MacAddress":"","StopTimeout":3,
            "HostConfig":{"Memory":1048576,"Binds":["/a:/b"],"PortBindings":{"80/tcp":[{"HostPort":"1"}]},
            "RestartPolicy":{"Name":"always"},"Ulimits":[{"Name":"nofile","Soft":1}],"Mounts":[{"Type":"tmpfs"}]},
            "NetworkingConfig":{"EndpointsConfig":{"bridge":{"IPAMConfig":{"IPv4Address":"1.2.3.4"}}}}}""";
    private static final String VOLUME = """
            {"Name":"v","Driver":"local","DriverOpts":{"type":"tmpfs"},"Labels":{"com.docker.swarm.constraints":"[]"}}""";

    private static final String CLUSTER_VOLUME = """
            {"Name":"v","Driver":"csi.example.org","Labels":{"a":"b"},"ClusterVolumeSpec":{"Group":"g",
            "AccessMode":{"Scope":"multi","Sharing":"all","MountVolume":{"FsType":"ext4","MountFlags":["ro"]}},
            "Secrets":[{"Key":"k","Secret":"s"}],"CapacityRange":{"RequiredBytes":1,"LimitBytes":2},
            "AccessibilityRequirements":{"Requisite":[{"Segments":{"zone":"z1"}}],"Preferred":[]}}}""";
    private static final String VOLUME_UPDATE = """
            {"Spec":{"Group":"g","AccessMode":{"Scope":"single","Sharing":"none","BlockVolume":{}},
            "Availability":"drain"}}""";

    private static final String UPDATE = """
            {"Memory":1048576,"CpuShares":3,"RestartPolicy":{"Name":"always","MaximumRetryCount":0}}""";
    private static final String EXEC = """
            {"Cmd":["ls"],"Env":["A=b"],"AttachStdout":true,"ConsoleSize":[24,80],"User":"root"}""";

    private static final String SECRET = """
            {"Name":"s","Labels":{"a":"b"},"Data":"eA==","Templating":{"Name":"golang","Options":{"a":"b"}}}""";

    /** What is served, and some of what is refused as not built. */
    static final List<Operation> ALL = List.of(
            of("GET /_ping"),
            of("HEAD /_ping"),
            of("GET /version"),
            of("GET /info"),
            of("GET /system/df?type&verbose"),
            of("GET /events?since&filters&cursor&until=1"),
            of("GET /swarm"),
            of("POST /swarm/init", INIT),
            of("POST /swarm/update?version&rotateWorkerToken&rotateManagerToken", SWARM),
            of("POST /swarm/leave?force"),
            of("GET /nodes?filters"),
            of("GET /nodes/{id}"),
            of("POST /nodes/{id}/update?version", NODE),
            of("DELETE /nodes/{id}?force"),
            of("GET /services?filters&status"),
            of("POST /services/create", SERVICE),
            of("GET /services/{id}?insertDefaults"),
            of("POST /services/{id}/update?version&rollback&registryAuthFrom", SERVICE),
            of("DELETE /services/{id}"),
            of("GET /services/{id}/logs?since&timestamps&tail&details&stderr&stdout=1"),
            of("GET /tasks?filters"),
            of("GET /tasks/{id}"),
            of("GET /tasks/{id}/logs?since&timestamps&tail&details&stderr&stdout=1"),
            of("GET /explain/services/{id}"),
            of("GET /explain/tasks/{id}"),
            of("GET /explain/nodes/{id}"),
            of("GET /explain/containers/{id}"),
            of("GET /explain/volumes/{id}"),
            of("GET /containers/json?all&limit&size&filters"),
            of("GET /containers/{id}/json?size"),
            of("GET /containers/{id}/logs?since&until&timestamps&tail&details&stdout&stderr"),
            of("GET /containers/{id}/top?ps_args"),
            of("GET /containers/{id}/stats?one-shot&stream=0"),
            of("GET /containers/{id}/changes"),
            of("GET /containers/{id}/export"),
            of("GET /containers/{id}/archive?path"),
            of("HEAD /containers/{id}/archive?path"),
            of("PUT /containers/{id}/archive?path&noOverwriteDirNonDir&copyUIDGID"),
            of("POST /containers/create?name&platform", CONTAINER),
            of("POST /containers/prune?filters"),
            of("POST /containers/{id}/wait?condition=not-running"),
            of("POST /containers/{id}/start?detachKeys"),
            of("POST /containers/{id}/stop?t&signal"),
            of("POST /containers/{id}/restart?t&signal"),
            of("POST /containers/{id}/kill?signal"),
            of("POST /containers/{id}/pause"),
            of("POST /containers/{id}/unpause"),
            of("POST /containers/{id}/rename?name"),
            of("POST /containers/{id}/resize?h&w"),
            of("POST /containers/{id}/update", UPDATE),
            of("POST /containers/{id}/attach?logs&stream&stdin&stdout&stderr&detachKeys"),
            of("GET /containers/{id}/attach/ws?logs&stream&stdin&stdout&stderr&detachKeys"),
            of("DELETE /containers/{id}?v&force&link"),
            of("DELETE /containers/{id}/{name}?v&force&link"),
            of("POST /commit?container&repo&tag&pause&changes", UPDATE),
            of("POST /containers/{id}/exec", EXEC),
            of("POST /exec/{id}/start", "{\"Detach\":true,\"Tty\":false,\"ConsoleSize\":[24,80]}"),
            of("POST /exec/{id}/resize?h&w"),
            of("GET /exec/{id}/json"),
            of("GET /images/json?all&filters&digests&shared-size"),
            of("GET /images/{name}/json"),
            of("GET /images/{name}/history"),
            of("POST /images/load?quiet"),
            of("POST /images/create?fromImage&fromSrc&repo&tag&message&changes&platform"),
            of("POST /images/{name}/push?tag"),
            of("GET /images/get?names"),
            of("GET /images/{name}/get"),
            of("POST /images/prune?filters"),
            of("GET /images/search?term&limit&filters"),
            of("GET /distribution/{name}/json"),
            of("POST /auth", "{\"username\":\"a\",\"password\":\"b\",\"serveraddress\":\"127.0.0.1:1\"}"),
            of("POST /images/{name}/tag?repo&tag"),
            of("DELETE /images/{name}?force&noprune"),
            of("POST /networks/prune?filters"),
            of("GET /networks?filters"),
            of("GET /networks/{id}?scope&verbose"),
            of("POST /build?dockerfile&t"),
            of("POST /build/prune?filters&all"),
            of("GET /volumes?filters"),
            of("POST /volumes/create", VOLUME),
            of("POST /volumes/create", CLUSTER_VOLUME),
            of("PUT /volumes/{name}?version", VOLUME_UPDATE),
            of("POST /volumes/prune?filters"),
            of("GET /volumes/{name}"),
            of("DELETE /volumes/{name}?force"),
            of("GET /secrets?filters"),
            of("POST /secrets/create", SECRET),
            of("GET /secrets/{id}"),
            of("DELETE /secrets/{id}"),
            of("POST /secrets/{id}/update?version", SECRET),
            of("GET /configs?filters"),
            of("POST /configs/create", SECRET),
            of("GET /configs/{id}"),
            of("DELETE /configs/{id}"),
            of("POST /configs/{id}/update?version", SECRET),
            of("PATCH /{name}"));

    /** @param call method, path and query: a name alone is varied, a name with a value stands as it is */
    private static Operation of(String call, String body) {
        String[] parts = call.split("[ ?]", 3);
        List<String> query = parts.length < 3 ? List.of() : Arrays.asList(parts[2].split("&"));
        return new Operation(
                parts[0],
                parts[1],
                query.stream().filter(parameter -> !parameter.contains("=")).toList(),
                query.stream().filter(parameter -> parameter.contains("=")).toList(),
                body);
    }

    private static Operation of(String call) {
        return of(call, "");
    }

    /** As {@code GET /services/{}}: what tells it from others, whatever its parameter is called. */
    String signature() {
        return method + " " + path.replaceAll("\\{[^}]*}", "{}");
    }
}
