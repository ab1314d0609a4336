package io.flotilla.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.Cluster;
import io.flotilla.bus.assignment.Assignment.HoldValue;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.seal.NodeSeal;
import io.flotilla.bus.seal.SealedToNode;
import io.flotilla.bus.seal.UnsealException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Secrets and configs on their way into a task. */
class TaskValuesTest extends ReconciledHost {
    private static final String TASKS = "tasks";

    @Test
    void taskWaitsForItsSecretAndReadsItFromMemoryOnly() throws Exception {
        start();
        cluster.assign(withSecret());
        assertThat(cluster.await("task1", TaskState.PREPARING).err())
                .isEqualTo("waiting for secret secret1 from the managers");
        assertThat(host.starts()).isZero();

        cluster.assign(new HoldValue("secret1", ObjectKind.SECRET, "db", false, sealed("hunter2"), null));
        cluster.await("task1", TaskState.RUNNING);

        Path open = folder.resolve("open-values").resolve(container()).resolve("0");
        assertThat(open).hasContent("hunter2");
        assertThat(Files.getAttribute(open, "unix:uid")).isEqualTo(7);
        assertThat(Files.getPosixFilePermissions(open)).containsExactly(PosixFilePermission.OWNER_READ);
        assertThat(plainIn(folder.resolve("data"))).isEmpty();
        assertThat(plainIn(folder.resolve("values"))).isEmpty();

        host.exit(0);
        cluster.await("task1", TaskState.COMPLETE);
        cluster.withdraw(withSecret());
        awaitNothingLeft(TASKS);
        assertThat(open).doesNotExist();
    }

    @Test
    void taskWhoseSecretCanNotBeHadIsRejectedWithTheReason() throws Exception {
        start();
        cluster.assign(new HoldValue("secret1", ObjectKind.SECRET, "db", false, null, "the data key is lost"));
        cluster.assign(withSecret());
        assertThat(cluster.await("task1", TaskState.REJECTED).err()).isEqualTo("the data key is lost");
    }

    private static SealedToNode sealed(String value) throws UnsealException {
        byte[] ephemeral = new byte[32];
        ephemeral[3] = 4;
        return NodeSeal.seal(NODE_KEY.publicKey(), "secret/db", value.getBytes(StandardCharsets.UTF_8), ephemeral);
    }

    private static RunTask withSecret() {
        TaskSpec spec = SPEC.withContainerSpec(Objects.requireNonNull(SPEC.containerSpec())
                .withSecrets(List.of(new ContainerSpec.Secret(
                        new ContainerSpec.Secret.File("password", "7", "8", 0400L), "secret1", "db"))));
        return Cluster.task("task1", spec, FakeHost.IMAGE, TaskState.RUNNING, List.of());
    }

    private String container() throws InterruptedException {
        return cluster.await(
                        "the container is told of",
                        here -> here.reports().stream()
                                .filter(Report.ContainerObserved.class::isInstance)
                                .map(Report.ContainerObserved.class::cast)
                                .toList(),
                        seen -> true)
                .containerId();
    }

    private static List<Path> plainIn(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> {
                        try {
                            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                                    .contains("hunter2");
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .toList();
        }
    }
}
