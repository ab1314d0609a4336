package io.flotilla.agent.container;

import static io.flotilla.agent.container.SchemaFields.fields;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.Limit;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * No field of a service's task is ignored: each changes the container that is asked for, is refused by name, or is known to
 * be used elsewhere. What containers do with it is {@link RequestFieldsTest}'s.
 */
class TaskFieldsTest {
    private static final ObjectMapper JSON = Codec.JSON.mapper();

    /** A value of each field that differs from the default. */
    private static final Map<String, String> TASK = fields("""
            {"ContainerSpec": {"Image": "box", "User": "7"}, "Resources": {"Limits": {"Pids": 7}},
             "RestartPolicy": {"Condition": "none"}, "Placement": {"Constraints": ["node.id==x"]}, "ForceUpdate": 1,
             "Runtime": "container", "Networks": [{"Target": "host"}], "LogDriver": {"Name": "none"}}""");

    /** The managers' part: they decide whether, when and where a task runs. */
    private static final Set<String> MANAGERS = Set.of("RestartPolicy", "Placement", "ForceUpdate", "Runtime");

    private static final Map<String, String> CONTAINER = fields("""
            {"Image": "box:2", "Labels": {"a": "b"}, "Command": ["/e"], "Args": ["x"], "Hostname": "h", "Env": ["A=b"],
             "Dir": "/tmp", "User": "7", "Groups": ["9"], "Privileges": {"NoNewPrivileges": true}, "TTY": true,
             "OpenStdin": true, "ReadOnly": true, "Mounts": [{"Type": "tmpfs", "Target": "/t"}],
             "StopSignal": "SIGINT", "StopGracePeriod": 3000000000, "HealthCheck": {"Test": ["CMD", "true"]},
             "Hosts": ["1.2.3.4 a"], "DNSConfig": {"Nameservers": ["1.1.1.1"]},
             "Secrets": [{"SecretID": "s", "SecretName": "s", "File": {"Name": "s", "UID": "0", "GID": "0", "Mode": 292}}],
             "OomScoreAdj": 5,
             "Configs": [{"ConfigID": "c", "ConfigName": "c", "File": {"Name": "c", "UID": "0", "GID": "0", "Mode": 292}}],
             "Isolation": "hyperv", "Init": true, "Sysctls": {"kernel.msgmax": "9"}, "CapabilityAdd": ["NET_ADMIN"],
             "CapabilityDrop": ["KILL"], "Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 20}]}""");

    /** Delivered as files beside what the container asks for. */
    private static final Set<String> FILES = Set.of("Secrets", "Configs");

    private static final Map<String, String> RESOURCES = fields("""
            {"Limits": {"Pids": 7}, "Reservations": {"MemoryBytes": 8388608}, "SwapBytes": 9000000,
             "MemorySwappiness": 10}""");

    private static final Map<String, String> LIMITS =
            fields("{\"NanoCPUs\": 500000000, \"MemoryBytes\": 67108864, \"Pids\": 7}");

    private static final Map<String, String> RESERVATIONS = fields("""
            {"NanoCPUs": 500000000, "MemoryBytes": 67108864,
             "GenericResources": [{"DiscreteResourceSpec": {"Kind": "gpu", "Value": 1}}]}""");

    /** A matter of placement alone; assigned generic resources come with the assignment. */
    private static final Set<String> PLACEMENT = Set.of("NanoCPUs", "GenericResources");

    @TestFactory
    Stream<DynamicTest> noFieldOfATaskIsIgnored() {
        return each(TaskSpec.class, TASK, MANAGERS, part -> part);
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfItsContainerIsIgnored() {
        return each(ContainerSpec.class, CONTAINER, FILES, part -> JSON.createObjectNode()
                .set("ContainerSpec", part));
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfItsResourcesIsIgnored() {
        return each(ResourceRequirements.class, RESOURCES, Set.of(), part -> {
            // swap is counted on top of a limit of memory
            if (part.has("SwapBytes")) {
                part.putObject("Limits").put("MemoryBytes", 8_000_000);
            }
            return JSON.createObjectNode().set("Resources", part);
        });
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfItsLimitsIsIgnored() {
        return each(Limit.class, LIMITS, Set.of(), part -> resources("Limits", part));
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfItsReservationsIsIgnored() {
        return each(ResourceObject.class, RESERVATIONS, PLACEMENT, part -> resources("Reservations", part));
    }

    private static ObjectNode resources(String name, ObjectNode part) {
        return JSON.createObjectNode().set("Resources", JSON.createObjectNode().set(name, part));
    }

    private interface InTask {
        ObjectNode of(ObjectNode part);
    }

    private static Stream<DynamicTest> each(
            Class<?> type, Map<String, String> values, Set<String> elsewhere, InTask task) {
        List<String> names = SchemaFields.names(type);
        assertThat(values.keySet()).containsExactlyInAnyOrderElementsOf(names);
        return names.stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    ObjectNode part = JSON.createObjectNode();
                    part.set(name, JSON.readTree(values.get(name)));
                    Object changed = effect(task.of(part));
                    if (!elsewhere.contains(name)) {
                        assertThat(changed)
                                .as(name + " is ignored")
                                .isNotEqualTo(effect(task.of(JSON.createObjectNode())));
                    }
                }));
    }

    /** What container is asked for, or why none is. */
    private static Object effect(ObjectNode json) throws IOException {
        ObjectNode spec = json.deepCopy();
        ObjectNode container = spec.withObjectProperty("ContainerSpec");
        if (!container.has("Image")) {
            container.put("Image", "box");
        }
        TaskSpec task = JSON.treeToValue(spec, TaskSpec.class);
        try {
            TaskContainer wish = TaskContainer.of(
                    new RunTask(
                            "task1",
                            "web.1.task1",
                            "service1",
                            "web",
                            Map.of(),
                            1,
                            task,
                            "sha256:a",
                            List.of(),
                            TaskState.RUNNING,
                            List.of()),
                    new NodeIdentity("n1", "host1", "x86_64"),
                    List.of());
            return List.of(wish.request(), wish.stopGraceMs());
        } catch (PlanRefused refused) {
            return String.valueOf(refused.getMessage());
        }
    }
}
