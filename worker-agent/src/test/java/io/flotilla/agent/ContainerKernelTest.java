package io.flotilla.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.assignment.Assignment.RunContainer;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.report.Report.ContainerObserved;
import io.flotilla.bus.rpc.ContainerRef;
import io.flotilla.bus.rpc.ContainerServiceGrpc;
import io.flotilla.bus.rpc.ContainerServiceGrpc.ContainerServiceBlockingStub;
import io.flotilla.bus.rpc.ConvergeRequest;
import io.flotilla.bus.rpc.Observation;
import io.flotilla.bus.rpc.RemoveRequest;
import io.flotilla.bus.rpc.SignalRequest;
import io.flotilla.bus.rpc.StopRequest;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.RestartPolicy;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Containers of no service as a gateway drives them, on this kernel; needs root and busybox-static. */
class ContainerKernelTest {
    private static final String ID = "a1".repeat(32);

    private LiveAgent agent;
    private long index;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        agent = new LiveAgent("ctest", folder);
    }

    @AfterEach
    void removeEverything() throws IOException {
        agent.close();
    }

    private ContainerServiceBlockingStub node() {
        return ContainerServiceGrpc.newBlockingStub(agent.channel()).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private ContainerObserved converge(String script, HostConfig host, long starts) throws IOException {
        return converge(List.of("/bin/sh", "-c", script), host, starts);
    }

    private ContainerObserved converge(List<String> command, HostConfig host, long starts) throws IOException {
        Assignment container = new RunContainer(
                ID,
                new ContainerRequest(
                        "box",
                        ContainerConfigBuilder.builder()
                                .image("box:latest")
                                .cmd(command)
                                .build(),
                        host,
                        Map.of(),
                        agent.image),
                List.of(),
                starts);
        return observed(node().converge(ConvergeRequest.newBuilder()
                .setAssignment(ByteString.copyFrom(Codec.JSON.encode(container)))
                .setIndex(++index)
                .build()));
    }

    private static ContainerObserved observed(Observation observation) throws IOException {
        return Codec.JSON.decode(observation.getReport().toByteArray(), ContainerObserved.class);
    }

    private static ContainerState state(ContainerObserved observed) {
        return Objects.requireNonNull(observed.inspect().state());
    }

    private static HostConfig plain() {
        return HostConfigBuilder.builder().build();
    }

    private StopRequest within(int seconds) {
        return StopRequest.newBuilder()
                .setContainerId(ID)
                .setTimeoutSeconds(seconds)
                .build();
    }

    @Test
    void containerIsRunStoppedRestartedAndRemoved() throws Exception {
        assertThat(state(converge("exec sleep 1000", plain(), 0)).status()).isEqualTo("created");
        ContainerObserved running = converge("exec sleep 1000", plain(), 1);
        assertThat(state(running).status()).isEqualTo("running");
        assertThat(Path.of("/proc/" + state(running).pid())).exists();
        assertThat(Objects.requireNonNull(
                                Objects.requireNonNull(running.inspect().networkSettings())
                                        .networks()
                                        .get("bridge"))
                        .ipAddress())
                .isNotEmpty();

        // sleep as the first process of its namespace does not follow SIGTERM
        ContainerObserved stopped = observed(node().stopContainer(within(0)));
        assertThat(state(stopped).exitCode()).isEqualTo(137);

        ContainerObserved again = observed(node().restartContainer(within(0)));
        assertThat(state(again).status()).isEqualTo("running");
        ContainerRef box = ContainerRef.newBuilder().setContainerId("box").build();
        assertThat(state(observed(node().pauseContainer(box))).status()).isEqualTo("paused");
        assertThat(state(observed(node().unpauseContainer(box))).status()).isEqualTo("running");
        RemoveRequest remove = RemoveRequest.newBuilder().setContainerId(ID).build();
        assertThatThrownBy(() -> node().removeContainer(remove))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("container is running");
        var _ = node().removeContainer(remove.toBuilder().setForce(true).build());
        assertThat(Path.of("/proc/" + state(again).pid())).doesNotExist();
        assertThat(agent.instance.dataDir().resolve("containers").toFile().list())
                .isEmpty();
    }

    @Test
    void watcherSeesTheExitOfAContainerThatRemovesItself() throws Exception {
        HostConfig once = HostConfigBuilder.builder().autoRemove(true).build();
        converge("exit 5", once, 0);
        Iterator<Observation> watch = node().watchContainer(
                        ContainerRef.newBuilder().setContainerId(ID).build());
        assertThat(state(observed(watch.next())).status()).isEqualTo("created");
        converge("exit 5", once, 1);
        List<String> seen = new ArrayList<>();
        while (watch.hasNext()) {
            ContainerState state = state(observed(watch.next()));
            seen.add(state.status() + " " + state.exitCode());
        }
        assertThat(seen).containsExactly("running 0", "exited 5");
    }

    @Test
    void failingContainerIsStartedAgainByItsPolicyAndNextAgentKeepsIt() throws Exception {
        HostConfig policy = HostConfigBuilder.builder()
                .restartPolicy(new RestartPolicy("on-failure", 1L))
                .build();
        // fails once, and runs from then on
        converge("if [ -e /failed ]; then exec sleep 1000; fi; touch /failed; exit 1", policy, 1);
        ContainerObserved running = await("running", 1);
        agent.stop();
        agent.start();
        ContainerObserved kept = await("running", 1);
        assertThat(state(kept).pid()).isEqualTo(state(running).pid());
        ContainerObserved killed = observed(node().killContainer(
                        SignalRequest.newBuilder().setContainerId("box").build()));
        assertThat(state(killed).status()).isEqualTo("exited");
        assertThat(state(killed).exitCode()).isEqualTo(137);
    }

    private ContainerObserved await(String status, long restartCount) throws IOException {
        Iterator<Observation> watch = node().watchContainer(
                        ContainerRef.newBuilder().setContainerId(ID).build());
        while (watch.hasNext()) {
            ContainerObserved seen = observed(watch.next());
            if (status.equals(state(seen).status())
                    && Long.valueOf(restartCount).equals(seen.inspect().restartCount())) {
                return seen;
            }
        }
        throw new AssertionError("the container has gone");
    }

    @Test
    void commandThatIsNotThereFailsTheStartInDockersWords() throws Exception {
        assertThatThrownBy(() -> converge(List.of("nothing-like-this"), plain(), 1))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageStartingWith("INVALID_ARGUMENT")
                .hasMessageContaining("executable file not found");
    }
}
