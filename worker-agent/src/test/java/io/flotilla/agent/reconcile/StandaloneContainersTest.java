package io.flotilla.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.Cluster;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.bus.assignment.Assignment.RunContainer;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.report.Report.ContainerObserved;
import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.EventMessage;
import io.flotilla.bus.schema.HealthConfigBuilder;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.RestartPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Containers of no service against a host in memory. */
class StandaloneContainersTest extends ReconciledHost {
    private static final String ID = "c0".repeat(32);
    private static final ContainerConfig CONFIG =
            ContainerConfigBuilder.builder().image("box:latest").build();

    private long index;

    private static HostConfig policy(String name, long most) {
        return HostConfigBuilder.builder()
                .restartPolicy(new RestartPolicy(name, most))
                .build();
    }

    private static HostConfig plain() {
        return HostConfigBuilder.builder().build();
    }

    private static RunContainer container(HostConfig config, long starts) {
        return container("box", CONFIG, config, starts);
    }

    private static RunContainer container(String name, ContainerConfig config, HostConfig host, long starts) {
        return new RunContainer(
                ID, new ContainerRequest(name, config, host, Map.of(), FakeHost.IMAGE), List.of(), starts);
    }

    private ContainerObserved converge(Containers containers, RunContainer container) throws Exception {
        return containers.converge(container, ++index).get(20, TimeUnit.SECONDS);
    }

    private static ContainerState state(ContainerObserved observed) {
        return Objects.requireNonNull(observed.inspect().state());
    }

    /** What a gateway sees of it, from now on. */
    private static final class Seen implements Containers.Watcher {
        private final List<ContainerObserved> all = new ArrayList<>();
        private boolean gone;

        @Override
        public synchronized void observed(ContainerObserved seen) {
            all.add(seen);
            notifyAll();
        }

        @Override
        public synchronized void gone() {
            gone = true;
            notifyAll();
        }

        synchronized ContainerObserved await(Predicate<ContainerObserved> wanted) throws InterruptedException {
            long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (true) {
                for (ContainerObserved each : all) {
                    if (wanted.test(each)) {
                        return each;
                    }
                }
                awaitMore(end);
            }
        }

        synchronized void awaitGone() throws InterruptedException {
            long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (!gone) {
                awaitMore(end);
            }
        }

        private void awaitMore(long end) throws InterruptedException {
            long leftMs = (end - System.nanoTime()) / 1_000_000;
            if (leftMs <= 0) {
                throw new AssertionError("waited in vain, saw "
                        + all.stream().map(each -> state(each).status()).toList());
            }
            wait(leftMs);
        }

        ContainerObserved status(String status) throws InterruptedException {
            return await(each -> status.equals(state(each).status()));
        }
    }

    private static Seen watch(Containers containers) throws Exception {
        Seen seen = new Seen();
        containers.watch(ID, seen).get(20, TimeUnit.SECONDS);
        return seen;
    }

    private List<String> actions() {
        return cluster.events().stream()
                .filter(event -> "container".equals(event.type()))
                .map(EventMessage::action)
                .toList();
    }

    @Test
    void containerIsMadeStartedAndEndsAsItIsTold() throws Exception {
        Containers containers = start().containers();
        assertThat(state(converge(containers, container(plain(), 0))).status()).isEqualTo("created");
        ContainerObserved running = converge(containers, container(plain(), 1));
        assertThat(state(running).status()).isEqualTo("running");
        Seen seen = watch(containers);
        host.exit(3);
        ContainerObserved exited = seen.status("exited");
        assertThat(state(exited).exitCode()).isEqualTo(3);
        assertThat(exited.observed()).isGreaterThan(running.observed());
        converge(containers, container(plain(), 2));
        assertThat(host.starts()).isEqualTo(2);
        containers.stop(ID, 0, null).get(20, TimeUnit.SECONDS);
        assertThat(state(containers.observation(ID)).exitCode()).isEqualTo(128 + 15);
        cluster.await("the stop to be told", here -> actions(), "stop"::equals);
        assertThat(actions()).containsExactly("create", "start", "die", "start", "kill", "die", "stop");
    }

    @Test
    void orderThatCameAheadOfTheBusIsNotFollowedAgain() throws Exception {
        Containers containers = start().containers();
        converge(containers, container(plain(), 1));
        host.exit(0);
        watch(containers).status("exited");
        for (int i = 0; i < 5; i++) {
            cluster.assign(container(plain(), 1));
        }
        cluster.assign(container(plain(), 2));
        watch(containers).status("running");
        assertThat(host.starts()).isEqualTo(2);
    }

    @Test
    void startThatFailsIsSaidToWhoOrderedItAndLeavesTheContainer() throws Exception {
        Containers containers = start().containers();
        converge(containers, container(plain(), 0));
        host.failStarts(new RuntimeFailure("exec: \"serve\": executable file not found in $PATH", 127, false, null));
        assertThatThrownBy(() -> converge(containers, container(plain(), 1)))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("executable file not found in $PATH");
        ContainerState state = state(containers.observation(ID));
        assertThat(state.status()).isEqualTo("created");
        assertThat(state.exitCode()).isEqualTo(127);
        assertThat(state.error()).contains("executable file not found");
        // a later change is not the failed start's fault
        RunContainer renamed = container("other", CONFIG, plain(), 1);
        assertThat(converge(containers, renamed).inspect().name()).isEqualTo("/other");
    }

    @Test
    void requestThatCanNotBeMadeIsRefusedAndLeavesNothing() throws Exception {
        Containers containers = start().containers();
        HostConfig wrong = HostConfigBuilder.builder().networkMode("nowhere").build();
        assertThatThrownBy(() -> converge(containers, container(wrong, 0)))
                .hasMessageContaining("network nowhere not found");
        assertThat(host.empty()).isTrue();
        cluster.withdraw(container(wrong, 0));
        awaitForgotten();
    }

    @Test
    void failingContainerIsStartedAgainAsOftenAsItsPolicySays() throws Exception {
        Containers containers = start().containers();
        converge(containers, container(policy("on-failure", 2), 1));
        Seen seen = watch(containers);
        host.exit(1);
        assertThat(state(seen.status("restarting")).running()).isTrue();
        seen.await(each -> Long.valueOf(1).equals(each.inspect().restartCount())
                && "running".equals(state(each).status()));
        host.exit(1);
        seen.await(each -> Long.valueOf(2).equals(each.inspect().restartCount())
                && "running".equals(state(each).status()));
        host.exit(1);
        seen.status("exited");
        assertThat(host.starts()).isEqualTo(3);
        // a user's start counts anew
        assertThat(converge(containers, container(policy("on-failure", 2), 2))
                        .inspect()
                        .restartCount())
                .isZero();
        host.exit(0);
        seen.await(each -> "exited".equals(state(each).status())
                && Long.valueOf(0).equals(each.inspect().restartCount()));
        assertThat(host.starts()).isEqualTo(4);
    }

    @Test
    void containerItsUserStoppedIsNotStartedByItsPolicy() throws Exception {
        Containers containers = start().containers();
        converge(containers, container(policy("always", 0), 1));
        containers.stop(ID, 0, null).get(20, TimeUnit.SECONDS);
        assertThat(state(containers.observation(ID)).status()).isEqualTo("exited");
        assertThat(host.starts()).isEqualTo(1);
    }

    @Test
    void containerThatWaitsForItsRestartCanBeStopped() throws Exception {
        Containers containers = start().containers();
        converge(containers, container(policy("always", 0), 1));
        Seen seen = watch(containers);
        host.failStarts(new RuntimeFailure("no", 128, false, null));
        host.exit(1);
        seen.status("restarting");
        containers.stop(ID, 0, null).get(20, TimeUnit.SECONDS);
        assertThat(state(containers.observation(ID)).status()).isEqualTo("exited");
    }

    @Test
    void restartEndsOneRunAndBeginsAnother() throws Exception {
        Containers containers = start().containers();
        converge(
                containers,
                container(HostConfigBuilder.builder().autoRemove(true).build(), 1));
        containers.restart(ID, 0, Duration.ofSeconds(5)).get(20, TimeUnit.SECONDS);
        assertThat(state(containers.observation(ID)).status()).isEqualTo("running");
        assertThat(host.starts()).isEqualTo(2);
        cluster.await("the restart to be told", here -> actions(), "restart"::equals);
        assertThat(actions()).containsExactly("create", "start", "kill", "die", "start", "restart");
    }

    @Test
    void selfRemovingContainerTellsItsExitBeforeItIsGone() throws Exception {
        Containers containers = start().containers();
        RunContainer once =
                container(HostConfigBuilder.builder().autoRemove(true).build(), 1);
        converge(containers, once);
        Seen seen = watch(containers);
        host.exit(7);
        seen.awaitGone();
        assertThat(state(seen.status("exited")).exitCode()).isEqualTo(7);
        assertThat(host.empty()).isTrue();
        cluster.await(
                "the end to be reported",
                here -> here.reports(),
                report -> report instanceof Report.ContainerGone gone
                        && gone.containerId().equals(ID));
        // its assignment is still there: nothing is made of it again
        cluster.assign(once);
        cluster.await("the removal to be told", here -> actions(), "destroy"::equals);
        assertThat(actions()).containsSubsequence("create", "start", "die", "destroy");
        close();
        start();
        assertThat(host.empty()).isTrue();
        cluster.withdraw(once);
        awaitForgotten();
    }

    @Test
    void runningContainerIsRemovedByForceOnly() throws Exception {
        Containers containers = start().containers();
        converge(containers, container(plain(), 1));
        assertThatThrownBy(() -> containers.remove(ID, false, false))
                .isInstanceOf(ActionRefused.class)
                .hasMessage("cannot remove container \"/box\": container is running: stop the container before removing"
                        + " or force remove");
        containers.remove(ID, true, false).get(20, TimeUnit.SECONDS);
        assertThat(host.empty()).isTrue();
        assertThatThrownBy(() -> containers.find(ID)).hasMessage("No such container: " + ID);
    }

    @Test
    void pausedContainerIsKilledAllTheSame() throws Exception {
        Containers containers = start().containers();
        converge(containers, container(plain(), 1));
        containers.pause("box").get(20, TimeUnit.SECONDS);
        assertThat(state(containers.observation(ID)).status()).isEqualTo("paused");
        assertThatThrownBy(() -> containers.pause("box").join()).hasMessageContaining("is already paused");
        containers.signal(ID, 9).get(20, TimeUnit.SECONDS);
        ContainerState state = state(containers.observation(ID));
        assertThat(state.status()).isEqualTo("exited");
        assertThat(state.exitCode()).isEqualTo(137);
        assertThat(host.calls()).containsSubsequence("pause", "signal 9", "unpause");
        assertThatThrownBy(() -> containers.signal(ID, 9).join()).hasMessageContaining("is not running");
    }

    @Test
    void containerStandsStillWhileItIsCommittedAndItsUserSeesNothingOfIt() throws Exception {
        Containers containers = start().containers();
        converge(containers, container(plain(), 1));
        Pauses.Hold first = containers.holdForCommit("box", true);
        Pauses.Hold second = containers.holdForCommit("box", true);
        assertThat(state(containers.observation(ID)).status()).isEqualTo("running");
        first.close();
        assertThat(host.calls()).containsOnlyOnce("pause").doesNotContain("unpause");
        // what its user does meanwhile is in force afterwards
        containers.pause("box").join();
        second.close();
        assertThat(host.calls()).containsOnlyOnce("pause").doesNotContain("unpause");
        assertThat(state(containers.observation(ID)).status()).isEqualTo("paused");
        containers.unpause("box").join();
        try (Pauses.Hold unpaused = containers.holdForCommit("box", false)) {
            assertThat(host.calls()).containsOnlyOnce("pause").containsOnlyOnce("unpause");
        }
        containers.holdForCommit("box", true).close();
        assertThat(host.calls()).containsSubsequence("pause", "unpause", "pause", "unpause");
        assertThat(actions()).containsOnlyOnce("pause", "unpause");
    }

    @Test
    void containerThatIsCommittedCanBeEndedAndRemoved() throws Exception {
        Containers containers = start().containers();
        converge(containers, container(plain(), 1));
        Pauses.Hold stopped = containers.holdForCommit("box", true);
        containers.stop("box", 0, null).get(20, TimeUnit.SECONDS);
        assertThat(host.calls()).containsSubsequence("pause", "signal 15", "unpause");
        // its files are as they were
        stopped.close();
        converge(containers, container(plain(), 2));
        Pauses.Hold removed = containers.holdForCommit("box", true);
        containers.remove("box", true, false).get(20, TimeUnit.SECONDS);
        assertThatThrownBy(removed::close).hasMessage("the container was removed while it was committed");
        assertThatThrownBy(() -> containers.holdForCommit("box", true)).hasMessage("No such container: box");
    }

    @Test
    void nextAgentLetsAContainerGoOnThatOnlyACommitHeld() throws Exception {
        Containers containers = start().containers();
        converge(containers, container(plain(), 1));
        Pauses.Hold lost = containers.holdForCommit("box", true);
        assertThat(lost).isNotNull();
        close();
        containers = start().containers();
        watch(containers).status("running");
        converge(containers, container(plain(), 1));
        assertThat(host.calls()).containsSubsequence("pause", "unpause");
        containers.pause("box").join();
        close();
        containers = start().containers();
        converge(containers, container(plain(), 1));
        assertThat(state(containers.observation(ID)).status()).isEqualTo("paused");
        assertThat(host.calls()).containsOnlyOnce("unpause");
    }

    @Test
    void limitsAndNameOfARunningContainerChangeWithItsAssignment() throws Exception {
        Containers containers = start().containers();
        converge(containers, container(plain(), 1));
        HostConfig limited = HostConfigBuilder.builder()
                .memory(64L << 20)
                .restartPolicy(new RestartPolicy("always", 0L))
                .build();
        ContainerObserved changed = converge(containers, container("other", CONFIG, limited, 1));
        assertThat(changed.inspect().name()).isEqualTo("/other");
        assertThat(Objects.requireNonNull(changed.inspect().hostConfig()).memory())
                .isEqualTo(64L << 20);
        assertThat(host.calls()).contains("update");
        HostConfig tooSmall = HostConfigBuilder.builder().memory(1L).build();
        assertThatThrownBy(() -> converge(containers, container("other", CONFIG, tooSmall, 1)))
                .hasMessageContaining("Minimum memory limit allowed is 6MB");
        EventMessage rename =
                cluster.await("the rename to be told", Cluster::events, event -> "rename".equals(event.action()));
        assertThat(Objects.requireNonNull(rename.actor()).attributes()).containsEntry("oldName", "/box");
        assertThat(host.starts()).isEqualTo(1);
    }

    @Test
    void aRemovedLinkLeavesTheHostsFileOfARunningContainer() throws Exception {
        Containers containers = start().containers();
        String database = "d0".repeat(32);
        ContainerRequest request = new ContainerRequest("redis", CONFIG, plain(), Map.of(), FakeHost.IMAGE);
        converge(containers, new RunContainer(database, request, List.of(), 1));
        ContainerObserved linked = converge(containers, linked(List.of(database + ":db", database + ":cache")));
        Path hosts = Path.of(Objects.requireNonNull(linked.inspect().hostsPath()));
        assertThat(names(hosts)).containsSequence("db", "d0d0d0d0d0d0", "redis", "cache", "d0d0d0d0d0d0", "redis");
        Object inode = Files.getAttribute(hosts, "unix:ino");
        converge(containers, linked(List.of(database + ":cache")));
        assertThat(names(hosts)).doesNotContain("db").containsSequence("cache", "d0d0d0d0d0d0", "redis");
        assertThat(names(hosts)).containsOnlyOnce("redis").contains("localhost");
        // the file is mounted in the container
        assertThat(Files.getAttribute(hosts, "unix:ino")).isEqualTo(inode);
        assertThat(actions()).doesNotContain("update");
    }

    private static RunContainer linked(List<String> links) {
        return container("box", CONFIG, HostConfigBuilder.builder().links(links).build(), 1);
    }

    private static List<String> names(Path hosts) throws IOException {
        return Files.readAllLines(hosts).stream()
                .map(line -> line.substring(line.indexOf('\t') + 1))
                .toList();
    }

    @Test
    void nextAgentKeepsWhatRunsAndStartsWhatEndedByItsPolicy() throws Exception {
        Containers containers = start().containers();
        converge(containers, container(policy("always", 0), 1));
        long pid = Objects.requireNonNull(state(containers.observation(ID)).pid());
        close();
        containers = start().containers();
        watch(containers).status("running");
        assertThat(state(containers.observation(ID)).pid()).isEqualTo(pid);
        assertThat(host.starts()).isEqualTo(1);
        close();
        host.exit(0);
        containers = start().containers();
        watch(containers)
                .await(each -> "running".equals(state(each).status())
                        && Long.valueOf(1).equals(each.inspect().restartCount()));
        assertThat(host.starts()).isEqualTo(2);
    }

    @Test
    void afterAMachinesStartOnlyPoliciesStartContainers() throws Exception {
        Containers containers = start().containers();
        converge(containers, container(policy("unless-stopped", 0), 1));
        close();
        Files.writeString(folder.resolve("data/boot"), "the boot before");
        host.boot();
        // ordered before the boot, and not seen by this node then
        RunContainer other = new RunContainer(
                "d0".repeat(32), new ContainerRequest("once", CONFIG, plain(), Map.of(), FakeHost.IMAGE), List.of(), 1);
        cluster.assign(other);
        containers = start().containers();
        watch(containers).status("running");
        assertThat(state(containers.converge(other, 1).get(20, TimeUnit.SECONDS))
                        .status())
                .isEqualTo("created");
        assertThat(host.starts()).isEqualTo(2);
    }

    @Test
    void healthIsProbedAndTold() throws Exception {
        Containers containers = start().containers();
        ContainerConfig probed = CONFIG.withHealthcheck(HealthConfigBuilder.builder()
                .test(List.of("CMD-SHELL", "probe"))
                .interval(5_000_000L)
                .retries(2L)
                .build());
        host.probes(0, "fine");
        ContainerObserved started = converge(containers, container("box", probed, plain(), 1));
        assertThat(Objects.requireNonNull(state(started).health()).status()).isEqualTo("starting");
        Seen seen = watch(containers);
        ContainerObserved healthy = seen.await(each -> health(each, "healthy"));
        assertThat(Objects.requireNonNull(state(healthy).health())
                        .log()
                        .getFirst()
                        .output())
                .isEqualTo("fine");
        host.probes(1, "bad");
        seen.await(each -> health(each, "unhealthy"));
        cluster.await("it to be told", here -> actions(), "health_status: unhealthy"::equals);
        assertThat(host.calls()).contains("exec [/bin/sh, -c, probe]");
        containers.remove(ID, true, false).get(20, TimeUnit.SECONDS);
    }

    private static boolean health(ContainerObserved observed, String status) {
        var health = state(observed).health();
        return health != null && status.equals(health.status());
    }

    @Test
    void agentKilledAtAnyStepIsResumedByTheNext() throws Exception {
        RunContainer wanted = container(plain(), 1);
        killedAtAnyStep(
                agent -> {
                    cluster.assign(container(plain(), 0));
                    cluster.assign(wanted);
                    awaitStatus("running");
                    agent.containers().stop(ID, 0, null).get(20, TimeUnit.SECONDS);
                    cluster.withdraw(wanted);
                    awaitForgotten();
                },
                agent -> {
                    cluster.withdraw(wanted);
                    awaitForgotten();
                },
                call -> assertThat(host.starts()).as("call %d", call).isLessThanOrEqualTo(1));
    }

    private void awaitStatus(String status) throws InterruptedException {
        cluster.await(
                "the container to be " + status,
                Cluster::reports,
                report -> report instanceof ContainerObserved observed
                        && status.equals(state(observed).status()));
    }

    private void awaitForgotten() throws IOException, InterruptedException {
        awaitNothingLeft("standalone");
    }
}
