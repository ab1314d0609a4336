package io.flotilla.manager.control.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceRestartPolicy;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateConfig;
import io.flotilla.manager.orchestrator.Swarm;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * No field of a service is ignored: each changes what becomes of the service and its tasks, is refused by name, or is known
 * to act elsewhere. What hosts do with the fields of a task is their own test's.
 */
class ServiceFieldsTest {
    private static final ObjectMapper JSON = Codec.JSON.mapper();

    private static final String BASE = """
            {"Name": "web", "TaskTemplate": {"ContainerSpec": {"Image": "box:1"}},
             "Mode": {"Replicated": {"Replicas": 4}}}""";

    private static final String PORT =
            "{\"Protocol\": \"tcp\", \"TargetPort\": 80, \"PublishedPort\": 8000, \"PublishMode\": \"ingress\"}";

    /** A value of each field that differs from the default. */
    private static final Map<String, String> SERVICE = fields("""
            {"Name": "other", "Labels": {"flotilla.placement": "binpack"},
             "TaskTemplate": {"ContainerSpec": {"Image": "box:3"}}, "Mode": {"Global": {}},
             "UpdateConfig": {"Parallelism": 2}, "RollbackConfig": {"Parallelism": 2}, "Networks": [{"Target": "none"}],
             "EndpointSpec": {"Ports": [%s]}}""".formatted(PORT));

    private static final Map<String, String> MODE = fields("""
            {"Replicated": {"Replicas": 2}, "Global": {}, "ReplicatedJob": {"TotalCompletions": 2}, "GlobalJob": {}}""");

    private static final Map<String, String> UPDATE = fields("""
            {"Parallelism": 2, "Delay": 7000000000, "FailureAction": "continue", "Monitor": 60000000000,
             "MaxFailureRatio": 1.0, "Order": "start-first"}""");

    private static final Map<String, String> ENDPOINT =
            fields("{\"Mode\": \"dnsrr\", \"Ports\": [%s]}".formatted(PORT));

    private static final Map<String, String> PORTS = fields("""
            {"Name": "http", "Protocol": "udp", "TargetPort": 81, "PublishedPort": 8001, "PublishMode": "host"}""");

    private static final Map<String, String> TASK = fields("""
            {"ContainerSpec": {"Image": "box:3"}, "Resources": {"Reservations": {"NanoCPUs": 3000000000}},
             "RestartPolicy": {"Condition": "none"}, "Placement": {"MaxReplicas": 1}, "ForceUpdate": 1,
             "Runtime": "plugin", "Networks": [{"Target": "none"}], "LogDriver": {"Name": "none"}}""");

    /** A number that differs from the one before replaces all tasks, which no first spec shows; the host's part. */
    private static final Set<String> TASK_ELSEWHERE = Set.of("ForceUpdate", "LogDriver");

    private static final Map<String, String> RESTART =
            fields("{\"Condition\": \"none\", \"Delay\": 9000000000, \"MaxAttempts\": 1, \"Window\": 1000000000}");

    private static final Map<String, String> PLACEMENT = fields("""
            {"Constraints": ["node.labels.zone==b"], "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.zone"}}],
             "MaxReplicas": 1, "Platforms": [{"OS": "plan9", "Architecture": "x86_64"}]}""");

    private static Map<String, String> fields(String json) {
        Map<String, String> fields = new TreeMap<>();
        read(json)
                .properties()
                .forEach(field -> fields.put(field.getKey(), field.getValue().toString()));
        return fields;
    }

    private static ObjectNode read(String json) {
        try {
            return (ObjectNode) JSON.readTree(json);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfAServiceIsIgnored() {
        return each(ServiceSpec.class, SERVICE, Set.of(), (spec, part) -> spec.setAll(part));
    }

    @TestFactory
    Stream<DynamicTest> noModeIsIgnored() {
        return each(ServiceMode.class, MODE, Set.of(), (spec, part) -> {
            if (!part.isEmpty()) {
                spec.set("Mode", part);
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfItsUpdatesIsIgnored() {
        return each(UpdateConfig.class, UPDATE, Set.of(), (spec, part) -> spec.set("UpdateConfig", update(part)));
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfItsRollbacksIsIgnored() {
        return each(UpdateConfig.class, UPDATE, Set.of(), (spec, part) -> spec.set("RollbackConfig", update(part)));
    }

    // a configuration that says nothing takes all at once
    private static ObjectNode update(ObjectNode part) {
        return part.has("Parallelism") ? part : part.put("Parallelism", 1);
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfItsEndpointIsIgnored() {
        return each(EndpointSpec.class, ENDPOINT, Set.of(), (spec, part) -> {
            if (part.has("Mode")) {
                part.putArray("Ports").add(read(PORT));
            }
            spec.set("EndpointSpec", part);
        });
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfItsPortsIsIgnored() {
        return each(PortConfig.class, PORTS, Set.of(), (spec, part) -> {
            ObjectNode port = read(PORT);
            port.setAll(part);
            spec.withObjectProperty("EndpointSpec").putArray("Ports").add(port);
        });
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfItsTasksIsIgnored() {
        return each(TaskSpec.class, TASK, TASK_ELSEWHERE, (spec, part) -> spec.withObjectProperty("TaskTemplate")
                .setAll(part));
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfItsRestartsIsIgnored() {
        return each(ServiceRestartPolicy.class, RESTART, Set.of("Window"), (spec, part) -> spec.withObjectProperty(
                        "TaskTemplate")
                .set("RestartPolicy", part));
    }

    @TestFactory
    Stream<DynamicTest> theWindowOfRestartsIsNotIgnored() {
        return Stream.of(DynamicTest.dynamicTest("Window", () -> {
            String policy = "{\"MaxAttempts\": 1, \"Delay\": 1000000000%s}";
            assertThat(effect(restart(policy.formatted(", \"Window\": 1000000000"))))
                    .isNotEqualTo(effect(restart(policy.formatted(""))));
        }));
    }

    private static ObjectNode restart(String policy) {
        ObjectNode spec = read(BASE);
        spec.withObjectProperty("TaskTemplate").set("RestartPolicy", read(policy));
        return spec;
    }

    @TestFactory
    Stream<DynamicTest> noFieldOfItsPlacementIsIgnored() {
        return each(Placement.class, PLACEMENT, Set.of(), (spec, part) -> spec.withObjectProperty("TaskTemplate")
                .set("Placement", part));
    }

    private interface InService {
        void put(ObjectNode spec, ObjectNode part);
    }

    private static Stream<DynamicTest> each(
            Class<?> type, Map<String, String> values, Set<String> elsewhere, InService in) {
        List<String> names =
                JSON.getSerializationConfig().introspect(JSON.constructType(type)).findProperties().stream()
                        .map(property -> property.getName())
                        .toList();
        assertThat(values.keySet()).containsExactlyInAnyOrderElementsOf(names);
        return names.stream()
                .filter(name -> !elsewhere.contains(name))
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    ObjectNode with = read(BASE);
                    ObjectNode part = JSON.createObjectNode();
                    part.set(name, JSON.readTree(values.get(name)));
                    in.put(with, part);
                    ObjectNode without = read(BASE);
                    in.put(without, JSON.createObjectNode());
                    assertThat(effect(with)).as(name + " is ignored").isNotEqualTo(effect(without));
                }));
    }

    /** What becomes of the service, or why there is none. */
    private static List<String> effect(JsonNode json) throws IOException {
        ServiceSpec spec = ServiceDefaults.applied(JSON.treeToValue(json, ServiceSpec.class), () -> "web");
        Swarm swarm = swarm();
        Refusal refusal = new Refusals()
                .and(() -> ServiceSpecRules.check(spec))
                .and(() -> ServiceSpecSupport.check(swarm.state(), spec))
                .first();
        if (refusal != null) {
            return List.of(refusal.message());
        }
        List<String> history = new ArrayList<>(history(swarm, spec, Set.of()));
        history.addAll(history(swarm(), spec, Set.of("box:2", "box:1")));
        return history;
    }

    private static Swarm swarm() {
        return Swarm.withNodes(3)
                .label("node1", "zone", "a")
                .label("node2", "zone", "a")
                .label("node3", "zone", "b");
    }

    /** Tasks fail, an update and a rollback. @param failing images, of which the first task of an update fails */
    private static List<String> history(Swarm swarm, ServiceSpec spec, Set<String> failing) {
        List<String> history = new ArrayList<>();
        swarm.create(spec);
        String id = Objects.requireNonNull(spec.name());
        watch(swarm, id, 10, history);
        for (int i = 0; i < 3; i++) {
            swarm.running(id).stream().findFirst().ifPresent(task -> swarm.end(task, TaskState.FAILED));
            watch(swarm, id, 12, history);
        }
        Set<String> failed = new HashSet<>();
        swarm.fate(task -> failing.contains(swarm.image(task)) && failed.add(String.valueOf(task.specVersion()))
                ? TaskState.FAILED
                : TaskState.RUNNING);
        UnaryOperator<ServiceSpec> newer = old -> Swarm.withImage(old, "box:2");
        swarm.update(id, newer);
        watch(swarm, id, 90, history);
        swarm.rollback(id);
        watch(swarm, id, 90, history);
        swarm.availability("node1", NodeSpec.Availability.DRAIN);
        watch(swarm, id, 10, history);
        return history;
    }

    private static void watch(Swarm swarm, String id, int seconds, List<String> history) {
        for (int second = 0; second < seconds; second++) {
            swarm.pass(Duration.ofSeconds(1));
            Service service = swarm.service(id);
            history.add(service.spec().name() + " "
                    + (service.endpoint() == null ? "" : service.endpoint().ports()) + " "
                    + (service.updateStatus() == null
                            ? ""
                            : service.updateStatus().state()));
            swarm.tasks(id).stream()
                    .map(task -> task.slot() + " " + task.nodeId() + " " + swarm.image(task) + " " + task.state() + " "
                            + task.desiredState())
                    .forEach(history::add);
        }
    }
}
