package io.flotilla.manager.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.Swarm;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PortAllocationTest {
    private final Swarm swarm = Swarm.withNodes(1);

    private static PortConfig port(
            PortConfig.PublishMode mode, PortConfig.Protocol protocol, long target, long published) {
        return new PortConfig(null, protocol, target, published, mode);
    }

    private static PortConfig ingress(long target, long published) {
        return port(PortConfig.PublishMode.INGRESS, PortConfig.Protocol.TCP, target, published);
    }

    private static ServiceSpec publishing(String name, PortConfig... ports) {
        return Swarm.replicated(name, 1).withEndpointSpec(new EndpointSpec(EndpointSpec.Mode.VIP, List.of(ports)));
    }

    private List<Long> published(String service) {
        return Objects.requireNonNull(swarm.service(service).endpoint()).ports().stream()
                .map(PortConfig::publishedPort)
                .toList();
    }

    private String conflict(ServiceSpec spec) {
        return PortAllocation.conflict(swarm.state(), spec, null).orElse("");
    }

    @Test
    void portThatIsLeftOpenIsChosenForEachProtocol() {
        swarm.create(publishing("a", ingress(80, 0), ingress(81, 8081), ingress(82, 0)))
                .create(publishing("b", ingress(80, 0)))
                .create(publishing("c", port(PortConfig.PublishMode.INGRESS, PortConfig.Protocol.UDP, 53, 0)));

        assertThat(published("a")).containsExactly(30000L, 8081L, 30001L);
        assertThat(published("b")).containsExactly(30002L);
        assertThat(published("c")).containsExactly(30000L);
    }

    @Test
    void chosenPortStaysThroughUpdatesAndLeaders() {
        swarm.create(publishing("a", ingress(80, 0)))
                .create(publishing("b", ingress(80, 0)))
                .remove("a")
                .newLeader()
                .update("b", spec -> Swarm.withImage(spec, "nginx:2"));

        assertThat(published("b")).containsExactly(30001L);
    }

    @Test
    void hostModePortIsLeftToTheNode() {
        swarm.create(publishing("a", port(PortConfig.PublishMode.HOST, PortConfig.Protocol.TCP, 80, 0)));

        assertThat(published("a")).containsExactly(0L);
    }

    @Test
    void serviceWithoutAFreePortSaysSoAndGetsOneThatIsGivenBack() {
        List<PortConfig> all = new ArrayList<>();
        for (long port = PortPool.FIRST_DYNAMIC; port <= PortPool.LAST_DYNAMIC; port++) {
            all.add(ingress(port, 0));
        }
        swarm.create(publishing("all", all.toArray(PortConfig[]::new)))
                .create(publishing("late", ingress(80, 0)))
                .settle();
        Task waiting = swarm.tasks("late").getFirst();
        assertThat(waiting.state()).isEqualTo(TaskState.NEW);
        assertThat(waiting.status().err())
                .isEqualTo("no free tcp port between 30000 and 32767 to publish target port 80 on");

        swarm.remove("all").settle();
        assertThat(swarm.running("late")).hasSize(1);
        assertThat(published("late")).containsExactly(30000L);
    }

    @Test
    void ingressPortOfAnotherServiceIsRefused() {
        swarm.create(publishing("web", ingress(80, 8080), ingress(81, 0)));

        assertThat(conflict(publishing("b", ingress(80, 8080))))
                .isEqualTo("port '8080' is already in use by service 'web' (web) as an ingress port");
        assertThat(conflict(publishing("b", ingress(80, 30000))))
                .isEqualTo("port '30000' is already in use by service 'web' (web) as an ingress port");
        assertThat(conflict(publishing("b", port(PortConfig.PublishMode.HOST, PortConfig.Protocol.TCP, 80, 8080))))
                .isNotEmpty();
        assertThat(conflict(publishing("b", port(PortConfig.PublishMode.INGRESS, PortConfig.Protocol.UDP, 80, 8080))))
                .isEmpty();
    }

    @Test
    void hostPortIsSharedWithHostPortsOnly() {
        PortConfig host = port(PortConfig.PublishMode.HOST, PortConfig.Protocol.TCP, 80, 8080);
        swarm.create(publishing("web", host));

        assertThat(conflict(publishing("b", host))).isEmpty();
        assertThat(conflict(publishing("b", ingress(80, 8080))))
                .isEqualTo("port '8080' is already in use by service 'web' (web) as a host-published port");
    }

    @Test
    void serviceDoesNotConflictWithItselfButWithARepeatedPort() {
        ServiceSpec spec = publishing("web", ingress(80, 8080));
        swarm.create(spec);

        assertThat(PortAllocation.conflict(swarm.state(), spec, "web")).isEmpty();
        assertThat(conflict(publishing("b", ingress(80, 9090), ingress(81, 9090))))
                .isEqualTo("EndpointSpec: duplicate published ports provided");
    }
}
