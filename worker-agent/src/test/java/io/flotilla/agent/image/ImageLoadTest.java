package io.flotilla.agent.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.archive.ArchiveLimits;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.layer.TarBytes;
import io.flotilla.agent.image.layer.UnpackLimits;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageLoadTest {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final ImageLimits LIMITS =
            new ImageLimits(new ArchiveLimits(16 << 20, 100, 64 * 1024, 5), new UnpackLimits(8 << 20, 1000));

    private Path temp;

    private LocalImageStore store;
    private final List<ObjectNode> progress = new ArrayList<>();

    @BeforeEach
    void open(@TempDir Path temporary) throws IOException {
        temp = temporary;
        store = new LocalImageStore(temp.resolve("image"), LIMITS);
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    private List<StoredImage> load(byte[] archive) throws IOException, ImageRefused {
        return store.load(new ByteArrayInputStream(archive), progress::add);
    }

    private static ImageBytes image() {
        return ImageBytes.of(
                "two layers", new TarBytes().file("bin/sh", "shell"), new TarBytes().file("etc/motd", "hi"));
    }

    private String read(StoredImage image, String path) throws Exception {
        for (Path lower : store.prepare("reader", image.id()).lower()) {
            if (Files.exists(lower.resolve(path))) {
                return Files.readString(lower.resolve(path));
            }
        }
        throw new AssertionError(path + " is in no layer");
    }

    @Test
    void dockerArchiveIsLoadedUnderItsConfigurationsDigest() throws Exception {
        ImageBytes image = image();

        List<StoredImage> loaded = load(image.dockerArchive("demo:1", "docker.io/library/demo:latest"));

        assertThat(loaded).hasSize(1);
        StoredImage stored = loaded.getFirst();
        assertThat(stored.id()).isEqualTo(image.id());
        assertThat(stored.names()).containsExactly("demo:1", "demo:latest");
        assertThat(stored.sizeBytes()).isEqualTo(7);
        assertThat(stored.created()).isEqualTo(Instant.parse("2024-01-02T01:04:05.5Z"));
        assertThat(stored.config().path("comment").asText()).isEqualTo("two layers");
        assertThat(store.find(image.id())).contains(stored);
        assertThat(store.list()).containsExactly(stored);
        assertThat(read(stored, "bin/sh")).isEqualTo("shell");
        assertThat(read(stored, "etc/motd")).isEqualTo("hi");
    }

    @Test
    void progressIsReportedAsDockerDoesForEachNewLayer() throws Exception {
        byte[] tar =
                new TarBytes().file("big", new byte[1_200_000], entry -> {}).bytes();
        ImageBytes image = ImageBytes.of("progress", List.of(tar), List.of(tar));

        assertThat(load(image.dockerArchive("demo:1"))).hasSize(1);

        String id = Digest.ofContent(tar).hex().substring(0, 12);
        assertThat(progress).hasSizeGreaterThan(2).allSatisfy(message -> {
            assertThat(message.path("status").asText()).isEqualTo("Loading layer");
            assertThat(message.path("id").asText()).isEqualTo(id);
            assertThat(message.path("progressDetail").path("total").asLong()).isEqualTo(tar.length);
        });
        assertThat(progress.getLast().path("progressDetail").path("current").asLong())
                .isEqualTo(tar.length);
        assertThat(LayerProgress.message("Loading layer", id, 1024, 2048)
                        .path("progress")
                        .asText())
                .isEqualTo("[=========================>                         ]  1.024kB/2.048kB");

        progress.clear();
        assertThat(load(image.dockerArchive("demo:2"))).hasSize(1);
        assertThat(progress).isEmpty();
    }

    @Test
    void layersAndArchivesMayBeCompressed() throws Exception {
        byte[] first = new TarBytes().file("first", "gzip").bytes();
        byte[] second = new TarBytes().file("second", "zstd").bytes();
        ImageBytes image = ImageBytes.of(
                "compressed", List.of(first, second), List.of(TarBytes.gzip(first), TarBytes.zstd(second)));

        StoredImage stored = load(TarBytes.gzip(image.dockerArchive("demo:1"))).getFirst();

        assertThat(read(stored, "first")).isEqualTo("gzip");
        assertThat(read(stored, "second")).isEqualTo("zstd");
        assertThat(load(TarBytes.zstd(image.dockerArchive("demo:1")))).hasSize(1);
    }

    @Test
    void ociArchiveIsNamedByItsAnnotations() throws Exception {
        ImageBytes image = image();
        ObjectNode containerd = NODES.objectNode()
                .put("io.containerd.image.name", "docker.io/library/demo:3")
                .put("org.opencontainers.image.ref.name", "3");

        assertThat(load(image.ociArchive(containerd)).getFirst().names()).containsExactly("demo:3");
        ObjectNode whole = NODES.objectNode().put("org.opencontainers.image.ref.name", "example.org:5000/team/demo:4");
        StoredImage stored = load(image.ociArchive(whole)).getFirst();
        assertThat(stored.names()).containsExactly("example.org:5000/team/demo:4");
        assertThat(stored.id()).isEqualTo(image.id());
        ObjectNode tagOnly = NODES.objectNode().put("org.opencontainers.image.ref.name", "latest");
        assertThat(load(image.ociArchive(tagOnly)).getFirst().names()).isEmpty();
    }

    @Test
    void nestedIndexGivesTheImageForThisMachine() throws Exception {
        String own = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
        TarBytes tar = new TarBytes();
        ObjectNode other =
                ImageBytes.of("other", new TarBytes().file("f", "other")).addOciTo(tar);
        ObjectNode wanted = image().addOciTo(tar);
        ObjectNode attestation = other.deepCopy();
        other.putObject("platform").put("os", "linux").put("architecture", "riscv64");
        wanted.putObject("platform").put("os", "linux").put("architecture", own);
        attestation.putObject("annotations").put("vnd.docker.reference.type", "attestation-manifest");
        attestation.putObject("platform").put("os", "unknown").put("architecture", "unknown");
        ObjectNode nested = ImageBytes.blob(
                tar,
                "application/vnd.oci.image.index.v1+json",
                ImageBytes.bytes(ImageBytes.index(attestation, other, wanted)));
        nested.putObject("annotations").put("io.containerd.image.name", "docker.io/team/demo:1");

        List<StoredImage> loaded = load(ImageBytes.ociArchive(tar, nested));

        assertThat(loaded).singleElement().satisfies(stored -> {
            assertThat(stored.id()).isEqualTo(image().id());
            assertThat(stored.names()).containsExactly("team/demo:1");
        });
    }

    @Test
    void archiveForOtherMachinesOnlyIsRefused() {
        TarBytes tar = new TarBytes();
        ObjectNode only = image().addOciTo(tar);
        only.putObject("platform").put("os", "linux").put("architecture", "s390x");

        assertRefused(ImageBytes.ociArchive(tar, only), "no image for linux/", "linux/s390x");
    }

    @Test
    void severalImagesOfOneArchiveShareTheirLayers() throws Exception {
        TarBytes base = new TarBytes().file("base", "shared");
        byte[] baseTar = base.bytes();
        byte[] top = new TarBytes().file("top", "own").bytes();
        ImageBytes one = ImageBytes.of("one", List.of(baseTar), List.of(baseTar));
        ImageBytes two = ImageBytes.of("two", List.of(baseTar, top), List.of(baseTar, top));
        TarBytes tar = new TarBytes();
        tar.file(
                "manifest.json",
                ImageBytes.bytes(NODES.arrayNode().add(one.addTo(tar, "one:1")).add(two.addTo(tar, "two:1"))),
                entry -> {});

        assertThat(load(tar.bytes())).extracting(StoredImage::id).containsExactly(one.id(), two.id());

        Path shared = store.prepare("c1", one.id()).lower().getLast();
        assertThat(store.prepare("c2", two.id()).lower()).hasSize(3).last().isEqualTo(shared);
    }

    @Test
    void oldArchivesMayLinkToALayerTheyHaveAlready() throws Exception {
        byte[] layer = new TarBytes().file("f", "once").bytes();
        ImageBytes image = ImageBytes.of("linked", List.of(layer), List.of(layer));
        TarBytes tar = new TarBytes();
        ObjectNode manifest = image.addTo(tar, "linked:1");
        tar.symlink("copy/layer.tar", "../" + manifest.path("Layers").path(0).asText());
        manifest.putArray("Layers").add("copy/layer.tar");
        tar.file("./manifest.json", ImageBytes.bytes(NODES.arrayNode().add(manifest)), entry -> {});

        assertThat(read(load(tar.bytes()).getFirst(), "f")).isEqualTo("once");
    }

    @Test
    void layerWithOtherContentThanItsDiffIdIsRefused() {
        byte[] promised = new TarBytes().file("f", "promised").bytes();
        byte[] other = new TarBytes().file("f", "other").bytes();
        ImageBytes image = ImageBytes.of("wrong", List.of(promised), List.of(other));

        assertRefused(
                image.dockerArchive("demo:1"),
                Digest.ofContent(promised).hex(),
                Digest.ofContent(other).hex());
    }

    @Test
    void blobWithOtherContentThanItsNameIsRefused() {
        TarBytes tar = new TarBytes();
        tar.file("blobs/sha256/" + "0".repeat(64), "something");

        assertRefused(
                tar.bytes(),
                "0".repeat(64),
                Digest.ofContent("something".getBytes(UTF_8)).hex());
    }

    @Test
    void archiveCutOffAnywhereIsRefused() {
        byte[] plain = image().dockerArchive("demo:1");
        byte[] gzip = TarBytes.gzip(plain);
        byte[] zstd = TarBytes.zstd(plain);
        // before the end-of-archive blocks, which may be missing
        for (int cut = 300; cut < plain.length - 1024; cut += 300) {
            assertRefused(Arrays.copyOf(plain, cut));
        }
        for (int cut = 1; cut < gzip.length; cut += gzip.length / 7) {
            assertRefused(Arrays.copyOf(gzip, cut));
        }
        for (int cut = 1; cut < zstd.length; cut += zstd.length / 7) {
            assertRefused(Arrays.copyOf(zstd, cut));
        }
        assertRefused(new byte[0], "neither manifest.json nor index.json");
    }

    @Test
    void archivesThatMakeNoSenseAreRefusedWithTheReason() {
        assertRefused("this is not a tar".repeat(100).getBytes(UTF_8));
        assertRefused(new TarBytes().file("manifest.json", "[").bytes(), "manifest.json is not valid JSON");
        assertRefused(new TarBytes().file("manifest.json", "{}").bytes(), "manifest.json is not a list");
        assertRefused(new TarBytes().file("manifest.json", "[]").bytes(), "no image");
        assertRefused(
                new TarBytes()
                        .file("manifest.json", "[{\"Config\":\"c\",\"Layers\":[]}]")
                        .bytes(),
                "no file c");
        assertRefused(new TarBytes().file("../manifest.json", "[]").bytes(), "leads outside");
        assertRefused(image().dockerArchive("UPPER CASE"), "invalid tag \"UPPER CASE\"");
        assertRefused(
                new TarBytes().file("manifest.json", " ".repeat(65 * 1024)).bytes(), "larger than 65536 bytes");
    }

    @Test
    void limitsKeepSmallArchivesFromBecomingLarge() {
        byte[] bomb =
                new TarBytes().file("zeros", new byte[9 << 20], entry -> {}).bytes();
        assertRefused(
                ImageBytes.of("bomb", List.of(bomb), List.of(TarBytes.zstd(bomb)))
                        .dockerArchive(),
                "limit of 8388608");
        assertRefused(
                TarBytes.zstd(new TarBytes()
                        .file("zeros", new byte[17 << 20], entry -> {})
                        .bytes()),
                "limit of 16777216");
        TarBytes[] layers =
                Stream.generate(() -> new TarBytes().file("f", "x")).limit(6).toArray(TarBytes[]::new);
        assertRefused(ImageBytes.of("deep", layers).dockerArchive(), "6 layers, more than 5");
        TarBytes many = new TarBytes();
        for (int i = 0; i < 101; i++) {
            many.file("f" + i, "");
        }
        assertRefused(many.bytes(), "more than 100 files");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"Env\":5}",
                "{\"Env\":{\"A\":\"b\"}}",
                "{\"Volumes\":[\"/x\"]}",
                "{\"Labels\":[1]}",
                "{\"Healthcheck\":{\"Interval\":\"x\"}}",
                "{\"Healthcheck\":{\"Interval\":1e40}}",
                "{\"WorkingDir\":\"/a\\u0000b\"}",
                "{\"Volumes\":{\"/a\\u0000b\":{}}}",
                "{\"User\":{}}",
            })
    void anImageNoContainerCanBeMadeOfIsRefused(String config) throws Exception {
        assertRefused(image().withConfig(config).dockerArchive("x:1"), "the image's configuration cannot be used");
    }

    @Test
    void whatAConfigurationLeavesNullIsEmpty() throws Exception {
        ImageBytes image =
                image().withConfig("{\"Env\":[null],\"Cmd\":[\"a\",null],\"Volumes\":{\"/x\":null},\"OnBuild\":null}");
        StoredImage stored = load(image.dockerArchive("x:1")).getFirst();
        assertThat(ImageSettings.of(stored.config()).cmd()).containsExactly("a", "");
        assertThat(ImageSettings.of(stored.config()).volumes()).containsOnlyKeys("/x");
    }

    /** And nothing of it stays. */
    private void assertRefused(byte[] archive, String... words) {
        assertThatThrownBy(() -> load(archive))
                .isInstanceOfSatisfying(ImageRefused.class, refused -> assertThat(refused.reason())
                        .isEqualTo(ImageRefused.Reason.INVALID))
                .hasMessageContainingAll(words.length == 0 ? new String[] {"image archive"} : words);
        assertThat(store.list()).isEmpty();
        for (String folder : List.of("blobs/sha256", "layers", "images", "incoming", "trash")) {
            assertThat(temp.resolve("image").resolve(folder)).isEmptyDirectory();
        }
    }

    @Test
    void gzippedArchiveCutOffIsRefusedAndSaysSo() throws Exception {
        ByteArrayOutputStream gzipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(gzipped)) {
            gzip.write(image().dockerArchive("box:1"));
        }
        byte[] half = Arrays.copyOf(gzipped.toByteArray(), gzipped.size() / 2);

        assertThatThrownBy(() -> load(half))
                .isInstanceOf(ImageRefused.class)
                .hasMessage("image archive cannot be read: it ends in the middle of its content");
        assertThat(store.list()).isEmpty();
    }
}
