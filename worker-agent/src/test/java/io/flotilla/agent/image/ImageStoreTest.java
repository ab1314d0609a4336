package io.flotilla.agent.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.image.layer.TarBytes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageStoreTest {
    private static final byte[] BASE = new TarBytes()
            .folder(".", 0711)
            .file("base", "shared")
            .file("gone/old", "hidden")
            .bytes();

    private Path temp;

    private Path folder;
    private LocalImageStore store;

    @BeforeEach
    void open(@TempDir Path temporary) throws IOException {
        temp = temporary;
        folder = temp.resolve("image");
        store = new LocalImageStore(folder, ImageLimits.defaults());
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    private void reopen() throws IOException {
        store.close();
        store = new LocalImageStore(folder, ImageLimits.defaults());
    }

    private static ImageBytes image(String top) {
        byte[] tar = new TarBytes().file("top", top).file(".wh.gone", "").bytes();
        return ImageBytes.of(top, List.of(BASE, tar), List.of(BASE, TarBytes.gzip(tar)));
    }

    private StoredImage load(ImageBytes image) throws IOException, ImageRefused {
        return load(image.dockerArchive("demo:1"));
    }

    private StoredImage load(byte[] archive) throws IOException, ImageRefused {
        return store.load(new ByteArrayInputStream(archive), message -> {}).getFirst();
    }

    /** All files of the store but the records of what containers wrote. */
    private String picture() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.map(Path::toString).sorted().collect(Collectors.joining("\n"));
        }
    }

    @Test
    void exportedImageLoadsElsewhereUnderTheSameId() throws Exception {
        StoredImage image = load(image("exported"));
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        store.save(List.of(new ImageStore.Named(image.id(), List.of())), archive);

        try (LocalImageStore peer = new LocalImageStore(temp.resolve("peer"), ImageLimits.defaults())) {
            List<StoredImage> loaded = peer.load(new ByteArrayInputStream(archive.toByteArray()), message -> {});

            assertThat(loaded).singleElement().satisfies(stored -> {
                assertThat(stored.id()).isEqualTo(image.id());
                assertThat(stored.layers()).isEqualTo(image.layers());
                assertThat(stored.config()).isEqualTo(image.config());
            });
            ByteArrayOutputStream again = new ByteArrayOutputStream();
            peer.save(List.of(new ImageStore.Named(image.id(), List.of())), again);
            assertThat(again.toByteArray()).isEqualTo(archive.toByteArray());
        }
    }

    @Test
    void imagesAndSnapshotsAreThereAfterARestart() throws Exception {
        StoredImage image = load(image("kept"));
        Snapshot snapshot = store.prepare("c1", image.id());
        Files.writeString(snapshot.upper().resolve("written"), "by the container");

        reopen();

        assertThat(store.list()).containsExactly(image);
        assertThat(store.snapshots()).containsExactly("c1");
        assertThat(store.prepare("c1", image.id())).isEqualTo(snapshot);
        assertThat(snapshot.upper().resolve("written")).hasContent("by the container");
        assertThat(store.writableBytes("c1")).isEqualTo(16);
    }

    @Test
    void snapshotHasTheLayersFromTheTopAndTheImagesRootMode() throws Exception {
        byte[] base = new TarBytes().folder(".", 0711).file("f", "x").bytes();
        StoredImage image = load(ImageBytes.of("root mode", List.of(base), List.of(base)));
        StoredImage two = load(image("two"));

        Snapshot snapshot = store.prepare("c1", image.id());
        assertThat(Files.getAttribute(snapshot.upper(), "unix:mode")).isEqualTo(040711);
        assertThat(snapshot.work()).isEmptyDirectory();
        List<Path> lower = store.prepare("c2", two.id()).lower();
        assertThat(lower).hasSize(3);
        assertThat(lower.get(1).resolve("top")).exists();
        assertThat(lower.getLast().resolve("base")).exists();
    }

    @Test
    void layersBelowAnOpaqueRootAreLeftOut() throws Exception {
        byte[] opaque =
                new TarBytes().file(".wh..wh..opq", "").file("only", "x").bytes();
        StoredImage image = load(ImageBytes.of("opaque", List.of(BASE, opaque), List.of(BASE, opaque)));

        assertThat(store.prepare("c1", image.id()).lower()).hasSize(2).last().satisfies(lower -> assertThat(
                        lower.resolve("only"))
                .exists());
    }

    @Test
    void imageWithoutLayersCanBePrepared() throws Exception {
        StoredImage image = load(ImageBytes.of("nothing"));

        assertThat(store.prepare("c1", image.id()).lower()).hasSize(1);
    }

    @Test
    void aboveTheImageIsWhatDockerHasInEveryContainer() throws Exception {
        Files.delete(folder.resolve("l/0/etc/mtab"));
        Files.delete(folder.resolve("l/0/dev/console"));
        reopen();
        StoredImage image = load(image("plain"));

        Path init = store.prepare("c1", image.id()).lower().getFirst();

        assertThat(init.resolve(".dockerenv")).isRegularFile();
        assertThat(Files.readSymbolicLink(init.resolve("etc/mtab"))).isEqualTo(Path.of("/proc/mounts"));
        assertThat(init.resolve("dev/console")).isRegularFile();
        assertThat(init.resolve("proc")).isEmptyDirectory();
    }

    @Test
    void imageInUseIsNotRemovedUntilItsContainersAreReleased() throws Exception {
        String empty = picture();
        StoredImage image = load(image("used"));
        Snapshot snapshot = store.prepare("c1", image.id());
        Files.createDirectories(snapshot.upper().resolve("deep/er"));

        assertThatThrownBy(() -> store.remove(image.id()))
                .isInstanceOfSatisfying(ImageRefused.class, refused -> assertThat(refused.reason())
                        .isEqualTo(ImageRefused.Reason.CONFLICT))
                .hasMessageContaining("used by container c1");
        assertThat(store.find(image.id())).isPresent();

        store.release("c1");
        store.release("c1");
        store.remove(image.id());
        store.remove(image.id());

        assertThat(store.find(image.id())).isEmpty();
        assertThat(picture()).isEqualTo(empty);
        assertThatThrownBy(() -> store.prepare("c2", image.id()))
                .isInstanceOfSatisfying(ImageRefused.class, refused -> assertThat(refused.reason())
                        .isEqualTo(ImageRefused.Reason.NOT_FOUND));
    }

    @Test
    void removingAnImageKeepsTheLayersOthersHave() throws Exception {
        StoredImage one = load(image("one"));
        String withOne = picture();
        StoredImage two = load(image("two"));

        store.remove(two.id());

        assertThat(picture()).isEqualTo(withOne);
        assertThat(store.prepare("c1", one.id()).lower().getLast().resolve("base"))
                .hasContent("shared");
    }

    @Test
    void whatACrashLeftIsCollectedAtStart() throws Exception {
        StoredImage image = load(image("whole"));
        String whole = picture();
        Files.createDirectories(folder.resolve("incoming/123/files"));
        Files.writeString(folder.resolve("incoming/123/files/file-0"), "half a lay");
        Files.createDirectories(folder.resolve("trash/9/rw/upper"));
        Files.createDirectories(folder.resolve("l/zz/etc"));
        Files.writeString(folder.resolve("blobs/sha256/" + "a".repeat(64)), "nobody's");
        Files.writeString(folder.resolve("layers/" + "b".repeat(64) + ".json"), "");
        Files.writeString(folder.resolve("images/" + "c".repeat(64) + ".json.new"), "{");

        reopen();

        assertThat(picture()).isEqualTo(whole);
        assertThat(store.list()).containsExactly(image);
    }

    @Test
    void imageThatLostALayerIsGoneAndCanBeLoadedAgain() throws Exception {
        ImageBytes bytes = image("damaged");
        StoredImage image = load(bytes);
        Path top = store.prepare("c1", image.id()).lower().get(1);
        store.release("c1");
        Files.delete(top.resolve("top"));
        Files.delete(top.resolve("gone"));
        Files.delete(top);

        reopen();
        assertThat(store.list()).isEmpty();
        assertThat(load(bytes)).isEqualTo(image);
        assertThat(store.prepare("c1", image.id()).lower().get(1).resolve("top"))
                .hasContent("damaged");
    }

    @Test
    void sameImageLoadedConcurrentlyIsStoredOnce() throws Exception {
        byte[] archive = image("concurrent").dockerArchive("demo:1");
        StoredImage first = load(archive);
        String once = picture();
        store.remove(first.id());

        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<StoredImage>> loads = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                loads.add(threads.submit(() -> load(archive)));
            }
            for (Future<StoredImage> load : loads) {
                assertThat(load.get()).isEqualTo(first);
            }
        }
        assertThat(picture().lines()).hasSameSizeAs(once.lines().toList());
        assertThat(store.list()).containsExactly(first);
    }

    @Test
    void loadWhoseCallerFailsLeavesNothing() throws Exception {
        StoredImage one = load(image("one"));
        String withOne = picture();
        byte[] two = image("two").dockerArchive("two:1");

        assertThatThrownBy(() -> store.load(new ByteArrayInputStream(two), message -> {
                    throw new UncheckedIOException(new IOException("the client left"));
                }))
                .hasMessageContaining("the client left");

        assertThat(picture()).isEqualTo(withOne);
        assertThat(store.list()).containsExactly(one);
        assertThat(load(two).id()).isNotEqualTo(one.id());
    }

    @Test
    void secondProcessCannotOpenTheStore() {
        assertThatThrownBy(() -> new LocalImageStore(folder, ImageLimits.defaults()).close())
                .isInstanceOf(IOException.class)
                .hasMessageContaining(folder.toString());
    }

    @Test
    void containerSeesDeletionsOfUpperLayersInARealOverlayMount() throws Exception {
        byte[] lower = new TarBytes()
                .file("deleted", "x")
                .file("kept", "x")
                .file("cache/old", "x")
                .file("remade/old", "x")
                .bytes();
        byte[] upper = new TarBytes()
                .file(".wh.deleted", "")
                .file("cache/.wh..wh..opq", "")
                .file("cache/new", "x")
                .file(".wh.remade", "")
                .file("remade/new", "x")
                .bytes();
        StoredImage image = load(ImageBytes.of("overlay", List.of(lower, upper), List.of(lower, upper)));
        Snapshot snapshot = store.prepare("c1", image.id());
        Path merged = Files.createDirectory(temp.resolve("merged"));

        String options = "lowerdir="
                + snapshot.lower().stream().map(Path::toString).collect(Collectors.joining(":"))
                + ",upperdir=" + snapshot.upper() + ",workdir=" + snapshot.work();
        // a mount namespace of its own takes the mount with it
        String script =
                "mount -t overlay overlay -o \"$0\" \"$1\" && cd \"$1\" && echo written > file && rm kept && find . | sort";
        Process process = new ProcessBuilder("unshare", "-m", "sh", "-c", script, options, merged.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output.lines())
                .containsExactly(
                        ".",
                        "./.dockerenv",
                        "./cache",
                        "./cache/new",
                        "./dev",
                        "./dev/console",
                        "./dev/pts",
                        "./dev/shm",
                        "./etc",
                        "./etc/hostname",
                        "./etc/hosts",
                        "./etc/mtab",
                        "./etc/resolv.conf",
                        "./file",
                        "./proc",
                        "./remade",
                        "./remade/new",
                        "./sys");
        assertThat(store.writableBytes("c1")).isEqualTo(8);
        assertThat(snapshot.lower().getLast().resolve("kept")).exists();
        store.release("c1");
        assertThat(snapshot.upper()).doesNotExist();
    }
}
