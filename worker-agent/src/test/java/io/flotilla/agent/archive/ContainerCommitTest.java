package io.flotilla.agent.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flotilla.agent.archive.ContainerCommit.Options;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.ContainerRecordBuilder;
import io.flotilla.agent.container.RootHolds;
import io.flotilla.agent.image.ImageBytes;
import io.flotilla.agent.image.ImageLimits;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.LocalImageStore;
import io.flotilla.agent.image.Snapshot;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.image.layer.TarBytes;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.linux.files.FileStatus;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpecBuilder;
import io.flotilla.agent.runtime.spec.RuntimeSpecProcessBuilder;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.FilesystemChange;
import io.flotilla.bus.schema.FilesystemChange.Kind;
import io.flotilla.bus.schema.HostConfigBuilder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerCommitTest {
    private final List<String> frozen = new ArrayList<>();
    private LocalImageStore store;
    private ContainerCommit commit;
    private StoredImage image;
    private Path scratch;

    @BeforeEach
    void open(@TempDir Path folder) throws Exception {
        scratch = folder.resolve("scratch");
        store = new LocalImageStore(folder.resolve("images"), ImageLimits.defaults());
        ImageBytes bytes = ImageBytes.of(
                "base",
                new TarBytes()
                        .folder("etc", 0755)
                        .file("etc/kept", "1")
                        .file("etc/gone", "2")
                        .file("old/x", "3"));
        image = store.load(new ByteArrayInputStream(bytes.dockerArchive("base:1")), progress -> {})
                .getFirst();
        commit = new ContainerCommit(
                store,
                (container, pause) -> {
                    frozen.add(pause ? "held" : "watched");
                    return () -> frozen.add("let go");
                },
                () -> Instant.parse("2026-01-02T03:04:05Z"));
    }

    @AfterEach
    void close() throws Exception {
        store.close();
    }

    private ContainerRecord container(String id, StoredImage of) throws Exception {
        Snapshot root = store.prepare(id, of.id());
        RuntimeSpec spec = RuntimeSpecBuilder.builder()
                .id(id)
                .process(RuntimeSpecProcessBuilder.builder()
                        .args(List.of("sh"))
                        .cwd("/")
                        .user(new RuntimeSpec.User(0, 0, List.of()))
                        .build())
                .root(new RuntimeSpec.Root(root.lower(), root.upper(), root.work(), false))
                .hostname("h")
                .resources(RuntimeSpec.Resources.UNLIMITED)
                .seccomp(new RuntimeSpec.Seccomp.Default())
                .cgroupParent("")
                .build();
        return ContainerRecordBuilder.builder()
                .id(id)
                .name("c")
                .imageId(of.id())
                .config(ContainerConfigBuilder.builder()
                        .cmd(List.of("sh", "-c", "true"))
                        .env(List.of("A=1"))
                        .build())
                .hostConfig(HostConfigBuilder.builder().build())
                .mounts(List.of())
                .spec(spec)
                .error("")
                .build();
    }

    private static Options options(String reference, String... changes) {
        return new Options(reference, "why", "who", true, List.of(changes), null);
    }

    private static void change(ContainerRecord container) throws Exception {
        Path upper = container.spec().root().upper();
        Files.createDirectories(upper.resolve("etc"));
        Files.writeString(upper.resolve("etc/new"), "4");
        Files.createDirectories(upper.resolve("old"));
        Files.writeString(upper.resolve("old/y"), "5");
        // what the runtime makes to mount on
        Files.createDirectories(upper.resolve("proc"));
        Files.writeString(upper.resolve("etc/hosts"), "");
        try (OpenDirectory etc = OpenDirectory.open(upper.resolve("etc"));
                OpenDirectory root = OpenDirectory.open(upper)) {
            etc.mknod("gone", FileStatus.S_IFCHR, 0, 0);
            root.setXattr("old", "trusted.overlay.opaque", new byte[] {'y'});
        }
    }

    @Test
    void containersChangesAreALayerOnItsImage() throws Exception {
        ContainerRecord container = container("c1", image);
        change(container);
        StoredImage committed = commit.run(container, options("new:1", "ENV B=2", "CMD [\"other\"]"));
        assertThat(committed.names()).containsExactly("new:1");
        assertThat(committed.layers()).hasSize(2);
        assertThat(committed.layers().getFirst()).isEqualTo(image.layers().getFirst());
        var config = committed.config();
        assertThat(config.path("config").path("Env").toString()).isEqualTo("[\"A=1\",\"B=2\"]");
        assertThat(config.path("config").path("Cmd").toString()).isEqualTo("[\"other\"]");
        assertThat(config.path("author").asText()).isEqualTo("who");
        assertThat(config.path("architecture").asText()).isEqualTo("amd64");
        var entry = config.path("history").path(config.path("history").size() - 1);
        assertThat(entry.path("created_by").asText()).isEqualTo("sh -c true");
        assertThat(entry.path("comment").asText()).isEqualTo("why");
        assertThat(frozen).containsExactly("held", "let go");
        assertThat(store.find(committed.id())).isPresent();

        ContainerRecord again = container("c2", committed);
        ContainerArchive archive = new ContainerArchive(new RootHolds(), Files.createDirectory(scratch));
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        archive.export(again, tar);
        String names = tar.toString(UTF_8);
        assertThat(names).contains("etc/kept", "etc/new", "old/y").doesNotContain("etc/gone", "old/x");
        Path layer = again.spec().root().lower().get(1);
        assertThat(layer.resolve("etc/new")).exists();
        assertThat(layer.resolve("etc/hosts")).doesNotExist();
        assertThat(layer.resolve("proc")).doesNotExist();
        assertThat(archive.changes(again)).isEmpty();
        assertThat(archive.changes(container))
                .contains(
                        new FilesystemChange("/etc/gone", Kind.DELETED),
                        new FilesystemChange("/old/x", Kind.DELETED),
                        new FilesystemChange("/old/y", Kind.ADDED));
    }

    @Test
    void containerWithoutChangesGivesAnImageWithoutALayer() throws Exception {
        StoredImage committed = commit.run(container("c1", image), options("", "LABEL a=b"));
        assertThat(committed.layers()).isEqualTo(image.layers());
        assertThat(committed.names()).isEmpty();
        assertThat(committed
                        .config()
                        .path("history")
                        .path(0)
                        .path("empty_layer")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void runningContainerIsHeldStillWhereAskedFor() throws Exception {
        ContainerRecord running =
                container("c1", image).withStartAttempted(true).withProcess(new RunningProcess(1, 1));
        commit.run(running, options(""));
        assertThat(frozen).containsExactly("held", "let go");
    }

    @Test
    void wrongChangeIsRefusedAndLeavesNothing() throws Exception {
        ContainerRecord container = container("c1", image);
        assertThatExceptionOfType(ImageRefused.class)
                .isThrownBy(() -> commit.run(container, options("", "RUN make")))
                .withMessage("run is not a valid change command");
        assertThat(store.list()).containsExactly(image);
    }

    @Test
    void committedImageCanBeSavedAndLoadedElsewhere(@TempDir Path other) throws Exception {
        ContainerRecord container = container("c1", image);
        change(container);
        StoredImage committed = commit.run(container, options("new:1"));
        ByteArrayOutputStream saved = new ByteArrayOutputStream();
        store.save(List.of(new io.flotilla.agent.image.ImageStore.Named(committed.id(), List.of("new:1"))), saved);
        try (LocalImageStore second = new LocalImageStore(other.resolve("images"), ImageLimits.defaults())) {
            assertThat(second.load(new ByteArrayInputStream(saved.toByteArray()), progress -> {}))
                    .extracting(StoredImage::id)
                    .containsExactly(committed.id());
        }
    }
}
