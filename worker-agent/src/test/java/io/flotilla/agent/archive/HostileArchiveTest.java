package io.flotilla.agent.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.RootHolds;
import io.flotilla.agent.image.ImageBytes;
import io.flotilla.agent.image.ImageLimits;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.LocalImageStore;
import io.flotilla.agent.image.content.Tree;
import io.flotilla.agent.image.layer.HostileTars;
import io.flotilla.agent.image.layer.HostileTars.HostileTar;
import io.flotilla.agent.image.layer.TarBytes;
import io.flotilla.agent.image.transfer.ImageImport;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.apache.commons.compress.compressors.CompressorStreamFactory;

/**
 * Whatever an archive is that a client sends (docker cp, load, import), it is taken into where it belongs, or refused as the
 * client's mistake, and nothing of the host is made, changed or linked.
 */
class HostileArchiveTest {
    private Path folder = Path.of("");
    private Path outside = Path.of("");
    private String before = "";
    private List<String> hostRoot = List.of();

    @BeforeProperty
    void makeHost() throws IOException {
        folder = Files.createTempDirectory("hostile-archive");
        outside = Files.createDirectories(folder.resolve("host/a"));
        Files.writeString(outside.resolve("b"), "safe");
        Files.writeString(Files.createDirectory(outside.resolve("etc")).resolve("passwd"), "safe too");
        before = picture(outside);
        hostRoot = names(Path.of("/"));
    }

    @AfterProperty
    void removeHost() throws IOException {
        Tree.delete(folder);
    }

    private void assertUntouched(String... beside) throws IOException {
        assertThat(picture(outside)).isEqualTo(before);
        assertThat(names(folder.resolve("host"))).containsExactly("a");
        assertThat(names(folder)).containsExactlyInAnyOrder(beside);
        assertThat(names(Path.of("/"))).isEqualTo(hostRoot);
    }

    private interface Taking {
        void take() throws Exception;
    }

    /** Everything else would be a failure of the server. */
    private static boolean taken(Taking taking) throws Exception {
        try {
            taking.take();
            return true;
        } catch (ActionRefused | ImageRefused refused) {
            assertThat(refused.getMessage()).isNotBlank();
            return false;
        }
    }

    @Property(tries = 80)
    void nothingCopiedIntoAContainerLeavesIt(
            @ForAll("tars") List<HostileTar> tars,
            @ForAll("places") String place,
            @ForAll boolean keepsKinds,
            @ForAll boolean asUser)
            throws Exception {
        try (Boxes boxes = new Boxes(folder)) {
            Path scratch = Files.createDirectories(folder.resolve("scratch"));
            ContainerArchive archive = new ContainerArchive(new RootHolds(), scratch);
            ContainerRecord container = boxes.stopped("true");
            String layer = picture(folder.resolve("layer"));
            for (HostileTar tar : tars) {
                byte[] bytes = tar.bytes(outside.toString());
                boolean _ = taken(() -> archive.write(
                        container,
                        place.replace("OUTSIDE", outside.toString()),
                        new ByteArrayInputStream(bytes),
                        new ContainerArchive.WriteTerms(keepsKinds, asUser)));
            }
            assertThat(picture(folder.resolve("layer"))).isEqualTo(layer);
            assertThat(names(scratch)).isEmpty();
            assertThat(names(folder.resolve("rw"))).containsExactly(container.id());
            assertThat(names(folder.resolve("rw").resolve(container.id()))).containsExactly("upper", "work");
            Tree.delete(folder.resolve("rw"));
            Tree.delete(folder.resolve("layer"));
        }
        assertThat(names(folder)).isSubsetOf("data", "run", "scratch", "host");
        assertUntouched(names(folder).toArray(String[]::new));
    }

    @Property(tries = 80)
    void noImageArchiveLeavesTheStore(
            @ForAll("tars") List<HostileTar> layers, @ForAll("names") String config, @ForAll("names") String layer)
            throws Exception {
        try (LocalImageStore store = new LocalImageStore(folder.resolve("store"), ImageLimits.defaults())) {
            int held = store.list().size();
            List<byte[]> tars =
                    layers.stream().map(tar -> tar.bytes(outside.toString())).toList();
            boolean loaded = taken(() -> store.load(
                    new ByteArrayInputStream(ImageBytes.of("x", tars, tars).dockerArchive("x:1")), progress -> {}));
            TarBytes named = new TarBytes();
            String manifest = "[{\"Config\":\"%s\",\"RepoTags\":[\"%s\"],\"Layers\":[\"%s\"]}]"
                    .formatted(config, layer, layer)
                    .replace("OUTSIDE", outside.toString());
            named.file("manifest.json", manifest)
                    .symlink("a", outside.toString())
                    .hardLink("b", "../../b");
            boolean taken = taken(() -> store.load(new ByteArrayInputStream(named.bytes()), progress -> {}));
            assertThat(taken).isFalse();
            boolean broken = taken(() -> store.load(new ByteArrayInputStream(tars.getFirst()), progress -> {}));
            assertThat(broken).isFalse();
            assertThat(store.list()).hasSizeLessThanOrEqualTo(held + (loaded ? 1 : 0));
        }
        assertUntouched("host", "store");
    }

    @Property(tries = 80)
    void noImportedArchiveLeavesTheStore(@ForAll("tars") List<HostileTar> tars) throws Exception {
        try (LocalImageStore store = new LocalImageStore(folder.resolve("store"), ImageLimits.defaults())) {
            int held = store.list().size();
            byte[] tar = tars.getFirst().bytes(outside.toString());
            var options = new ImageImport.Options(
                    "x:1", "", ContainerConfigBuilder.builder().build(), "");
            boolean imported = taken(() -> new ImageImport(store).run(options, new ByteArrayInputStream(tar)));
            assertThat(store.list()).hasSize(imported ? held + 1 : held);
        }
        assertUntouched("host", "store");
    }

    /** Shorter than one header: dockerd's untar says "unexpected EOF". */
    @Property(tries = 20)
    void whatIsNoArchiveIsNotImported(@ForAll @Size(max = 511) byte[] text) throws Exception {
        try (LocalImageStore store = new LocalImageStore(folder.resolve("store"), ImageLimits.defaults())) {
            var options = new ImageImport.Options(
                    "x:1", "", ContainerConfigBuilder.builder().build(), "");
            assertThat(taken(() -> new ImageImport(store).run(options, new ByteArrayInputStream(text))))
                    .isFalse();
            assertThat(store.list()).isEmpty();
        }
    }

    /** A compressed one may be broken where no tar is read yet. */
    @Property(tries = 60)
    void noBrokenCompressionIsAFailureOfTheServer(
            @ForAll("compressions") String compression, @ForAll @IntRange(max = 300) int kept) throws Exception {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (OutputStream out =
                CompressorStreamFactory.getSingleton().createCompressorOutputStream(compression, compressed)) {
            out.write(new TarBytes().file("a", "hello".repeat(100)).bytes());
        }
        byte[] cut = Arrays.copyOf(compressed.toByteArray(), Math.min(kept, compressed.size() - 9));
        try (Boxes boxes = new Boxes(folder);
                LocalImageStore store = new LocalImageStore(folder.resolve("store"), ImageLimits.defaults())) {
            var options = new ImageImport.Options(
                    "x:1", "", ContainerConfigBuilder.builder().build(), "");
            assertThat(taken(() -> new ImageImport(store).run(options, new ByteArrayInputStream(cut))))
                    .isFalse();
            ContainerArchive archive =
                    new ContainerArchive(new RootHolds(), Files.createDirectories(folder.resolve("scratch")));
            boolean _ = taken(() -> archive.write(
                    boxes.stopped("true"),
                    "/",
                    new ByteArrayInputStream(cut),
                    new ContainerArchive.WriteTerms(false, false)));
            Tree.delete(folder.resolve("rw"));
            Tree.delete(folder.resolve("layer"));
        }
    }

    @Provide
    Arbitrary<String> compressions() {
        return Arbitraries.of("gz", "bzip2", "xz", "zstd");
    }

    @Provide
    Arbitrary<List<HostileTar>> tars() {
        return HostileTars.any().list().ofMinSize(1).ofMaxSize(3);
    }

    @Provide
    Arbitrary<String> places() {
        return Combinators.combine(
                        Arbitraries.of(
                                "/", "/", "/etc", "/tmp", "/a", "/bin/sh", "", "OUTSIDE", "/../..", "/a/../../etc"),
                        Arbitraries.of("", "", "/", "/.", "/..", "/a"))
                .as(String::concat);
    }

    @Provide
    Arbitrary<String> names() {
        return Arbitraries.of(
                "a", "a/b", "b", "../b", "/etc/passwd", "OUTSIDE/b", "", ".", "..", "a/../../b", "nope", "x:y:z");
    }

    private static String picture(Path folder) throws IOException {
        StringBuilder picture = new StringBuilder();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted().toList()) {
                Map<String, Object> attributes =
                        Files.readAttributes(file, "unix:mode,uid,nlink,ctime,size", LinkOption.NOFOLLOW_LINKS);
                picture.append(file).append(attributes);
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) < 100) {
                    picture.append(Files.readString(file, UTF_8));
                }
            }
        }
        return picture.toString();
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
