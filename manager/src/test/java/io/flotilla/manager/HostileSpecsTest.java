package io.flotilla.manager;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** A spec that decodes is taken or refused, whatever its values are: it never stops a manager, now or when tasks fail. */
class HostileSpecsTest {
    private static final String SPEC = """
            {"Name":"web","Labels":{"a":"b"},
             "TaskTemplate":{
              "ContainerSpec":{"Image":"busybox","Args":["x"],"Env":["A=1"],"Hostname":"h","Dir":"/","User":"1","StopGracePeriod":1000,
               "Mounts":[{"Type":"bind","Source":"/a","Target":"/b"}],"Hosts":["1.2.3.4 x"],"DNSConfig":{"Nameservers":["1.1.1.1"]},
               "Ulimits":[{"Name":"nofile","Hard":5,"Soft":5}],"Sysctls":{"a":"b"},"CapabilityAdd":["CAP_CHOWN"]},
              "Resources":{"Limits":{"NanoCPUs":1000000000,"MemoryBytes":67108864,"Pids":5},
               "Reservations":{"NanoCPUs":1000000,"MemoryBytes":6710886}},
              "RestartPolicy":{"Condition":"any","Delay":1000,"MaxAttempts":3,"Window":1000},
              "Placement":{"Constraints":["node.role==manager"],"Preferences":[{"Spread":{"SpreadDescriptor":"node.labels.x"}}],
               "MaxReplicas":3,"Platforms":[{"Architecture":"x86_64","OS":"linux"}]},
              "Networks":[{"Target":"host"}],"ForceUpdate":1,"Runtime":"container","LogDriver":{"Name":"json-file","Options":{"a":"b"}}},
             "Mode":{"Replicated":{"Replicas":3}},
             "UpdateConfig":{"Parallelism":1,"Delay":1000,"FailureAction":"rollback","Monitor":1000,"MaxFailureRatio":0.5,"Order":"start-first"},
             "RollbackConfig":{"Parallelism":1,"Delay":1000,"FailureAction":"pause","Monitor":1000,"MaxFailureRatio":0,"Order":"stop-first"},
             "EndpointSpec":{"Mode":"vip","Ports":[{"Protocol":"tcp","TargetPort":80,"PublishedPort":8080,"PublishMode":"ingress"}]}}
            """;

    private static final List<JsonNode> NUMBERS =
            List.of(number(0), number(-1), number(1), number(Long.MAX_VALUE), number(Long.MIN_VALUE), number(70_000));

    private static final List<JsonNode> TEXTS = List.of(
            text(""),
            text("\0"),
            text("a b"),
            text("{{.Node.ID"),
            text("node.ip==1.2.3.4/99"),
            text("=="),
            text("/"),
            text("x".repeat(5_000)),
            text("host"));

    private static JsonNode number(long value) {
        return JsonNodeFactory.instance.numberNode(value);
    }

    private static JsonNode text(String value) {
        return JsonNodeFactory.instance.textNode(value);
    }

    @Property(tries = 200)
    void aManagerOutlivesEverySpec(@ForAll @Size(min = 1, max = 6) List<@IntRange(max = 100_000) Integer> edits)
            throws IOException {
        StepManagers managers = new StepManagers();
        StepManagers.One leader = managers.swarm();
        JsonNode json = Codec.JSON.mapper().readTree(SPEC);
        for (int edit : edits) {
            change(json, edit);
            Optional<ServiceSpec> spec = decoded(json);
            if (spec.isEmpty()) {
                continue;
            }
            leader.ask(new Command.CreateService(spec.get()));
            leader.state()
                    .services()
                    .forEach(service -> leader.ask(new Command.UpdateService(
                            service.id(), service.version().index(), spec.get(), false)));
            for (Task task : List.copyOf(leader.state().tasks())) {
                if (task.nodeId() != null) {
                    managers.observe(task.nodeId(), task.id(), edit % 2 == 0 ? TaskState.FAILED : TaskState.RUNNING);
                }
            }
            managers.pass(Duration.ofSeconds(2), "m1");
            assertThat(leader.bugs).as(json.toString()).isEmpty();
        }
    }

    /** Replaces a leaf by something of its type, or takes it away. */
    private static void change(JsonNode root, int edit) {
        List<Runnable> changes = new ArrayList<>();
        collect(root, edit / 100, changes);
        if (!changes.isEmpty()) {
            changes.get(edit % changes.size()).run();
        }
    }

    private static void collect(JsonNode node, int pick, List<Runnable> changes) {
        if (node instanceof ObjectNode object) {
            object.properties().forEach(field -> {
                String name = field.getKey();
                changes.add(
                        pick % 4 == 3
                                ? () -> object.remove(name)
                                : () -> object.set(name, other(object.get(name), pick)));
                collect(field.getValue(), pick, changes);
            });
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                int at = i;
                changes.add(() -> array.set(at, other(array.get(at), pick)));
                collect(array.get(i), pick, changes);
            }
        }
    }

    private static JsonNode other(JsonNode was, int pick) {
        if (was.isNumber()) {
            return NUMBERS.get(pick % NUMBERS.size());
        }
        return was.isTextual() ? TEXTS.get(pick % TEXTS.size()) : was;
    }

    private static Optional<ServiceSpec> decoded(JsonNode json) {
        try {
            return Optional.of(Codec.JSON.mapper().treeToValue(json, ServiceSpec.class));
        } catch (IOException refusedByTheGateway) {
            return Optional.empty();
        }
    }
}
