package io.flotilla.gateway;

import static io.flotilla.gateway.ApiClient.message;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.ObjectKind;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;

/** A served cluster with a container of no service, on the one node. */
abstract class ServedContainers extends ServedCluster {
    static final String ID = Fixtures.containerId(7);

    final FakeContainers containers = cluster.containers;

    @BeforeEach
    void start() {
        cluster.put(Fixtures.node(), Fixtures.bridge(), Fixtures.image());
        cluster.answer = this::answer;
    }

    /** As the managers: what is made or changed is in the log, and the node is to be told. */
    private Reply answer(Command command) {
        return switch (command) {
            case Command.CreateContainer create -> {
                cluster.put(Fixtures.plain(7, create.request().name(), "created"));
                yield done(create.request());
            }
            case Command.ForgetContainer forget -> {
                cluster.remove(ObjectKind.CONTAINER, forget.containerId());
                yield new Reply.Done(cluster.index(), null, List.of(), List.of(), null);
            }
            default ->
                done(new ContainerRequest(
                        "x",
                        ContainerConfigBuilder.builder().build(),
                        HostConfigBuilder.builder().build(),
                        Map.of(),
                        null));
        };
    }

    Reply done(ContainerRequest request) {
        return new Reply.Done(
                cluster.index(),
                ID,
                List.of("careful"),
                List.of(),
                new Reply.Handover(Fixtures.NODE, new Assignment.RunContainer(ID, request, List.of(), 0)));
    }

    Container put(String status) {
        Container container = Fixtures.plain(7, "box", status);
        cluster.put(container);
        return container;
    }

    void assertRefused(HttpResponse<String> response, int status, String message) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(message(response)).isEqualTo(message);
    }
}
