package io.flotilla.agent.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flotilla.agent.archive.ContainerArchive.WriteTerms;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.RootHolds;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.layer.TarBytes;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.reconcile.ActionRefused.Reason;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Mount;
import io.flotilla.bus.schema.FilesystemChange;
import io.flotilla.bus.schema.FilesystemChange.Kind;
import io.flotilla.bus.schema.PathStat;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerArchiveKernelTest {
    private static final WriteTerms PLAIN = new WriteTerms(false, false);

    private Path folder;
    private Boxes boxes;
    private ContainerArchive archive;

    @BeforeEach
    void open(@TempDir Path given) throws Exception {
        folder = given;
        boxes = new Boxes(folder);
        archive = new ContainerArchive(new RootHolds(), Files.createDirectories(folder.resolve("scratch")));
    }

    @AfterEach
    void close() throws Exception {
        boxes.close();
    }

    private Map<String, TarArchiveEntry> members(byte[] tar) throws IOException {
        Map<String, TarArchiveEntry> members = new TreeMap<>();
        try (TarArchiveInputStream in = new TarArchiveInputStream(new ByteArrayInputStream(tar), "UTF-8")) {
            for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                members.put(entry.getName(), entry);
            }
        }
        return members;
    }

    private TarArchiveEntry member(byte[] tar, String name) throws IOException {
        return Objects.requireNonNull(members(tar).get(name), name);
    }

    private String content(byte[] tar, String name) throws IOException {
        try (TarArchiveInputStream in = new TarArchiveInputStream(new ByteArrayInputStream(tar), "UTF-8")) {
            for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                if (entry.getName().equals(name)) {
                    return new String(in.readAllBytes(), UTF_8);
                }
            }
        }
        throw new AssertionError("no " + name);
    }

    private byte[] read(ContainerRecord container, String path) throws Exception {
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        archive.read(container, path, stat -> {}, tar);
        return tar.toByteArray();
    }

    private void write(ContainerRecord container, String path, TarBytes tar) throws Exception {
        archive.write(container, path, new ByteArrayInputStream(tar.bytes()), PLAIN);
    }

    private static Reason reason(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        ActionRefused refused = org.assertj.core.api.Assertions.catchThrowableOfType(ActionRefused.class, call);
        assertThat(refused).isNotNull();
        return refused.reason();
    }

    private static List<String> mounts() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/mountinfo"));
    }

    @Test
    void runningContainersFilesAreReadAsTheyAreNow() throws Exception {
        ContainerRecord container = boxes.start(
                "mkdir -p /data/sub; echo hi >/data/f; ln -s /data /link; ln /data/f /data/g; mkdir -p /tmp; echo ready; sleep 100");
        boxes.awaitOutput("ready");
        List<String> before = mounts();
        assertThat(members(read(container, "/data"))).containsOnlyKeys("data/", "data/f", "data/g", "data/sub/");
        assertThat(member(read(container, "/data"), "data/g").getLinkName()).isEqualTo("data/f");
        assertThat(members(read(container, "/data/."))).containsOnlyKeys("./", "./f", "./g", "./sub/");
        assertThat(members(read(container, "/link/"))).containsKeys("link/", "link/f");
        assertThat(member(read(container, "/link"), "link").isSymbolicLink()).isTrue();
        assertThat(content(read(container, "/link/f"), "f")).isEqualTo("hi\n");
        assertThat(members(read(container, "/")))
                .containsKeys("/", "/data/f", "/bin/busybox")
                .doesNotContainKey("/proc/1/");
        assertThat(mounts()).isEqualTo(before);
    }

    @Test
    void statIsOfThePathItselfAndTellsWhereALinkLeads() throws Exception {
        ContainerRecord container = boxes.start(
                "mkdir -p /a/b; ln -s ../a/b /a/l; ln -s l/none /a/m; echo 12345 >/f; echo ready; sleep 100");
        boxes.awaitOutput("ready");
        PathStat file = archive.stat(container, "/f");
        assertThat(file.name()).isEqualTo("f");
        assertThat(file.size()).isEqualTo(6);
        assertThat(file.mode()).isEqualTo(0644);
        assertThat(archive.stat(container, "a/b").mode()).isEqualTo(1L << 31 | 0755);
        PathStat link = archive.stat(container, "/a/l");
        assertThat(link.mode() >> 27).isEqualTo(1);
        assertThat(link.linkTarget()).isEqualTo("/a/b");
        assertThat(archive.stat(container, "/a/m").linkTarget()).isEqualTo("/a/b/none");
        assertThat(archive.stat(container, "/a/l/").name()).isEqualTo("l");
        assertThat(archive.stat(container, "/a/l/.").mode()).isEqualTo(1L << 31 | 0755);
        assertThat(archive.stat(container, "/").name()).isEqualTo("/");
        assertThat(reason(() -> archive.stat(container, "/none"))).isEqualTo(Reason.NOT_FOUND);
        assertThat(reason(() -> archive.stat(container, "/f/"))).isEqualTo(Reason.INVALID);
        assertThat(reason(() -> archive.stat(container, "/f/x"))).isEqualTo(Reason.INVALID);
        assertThat(reason(() -> archive.stat(container, "/f\0"))).isEqualTo(Reason.INVALID);
    }

    @Test
    void whatIsWrittenIntoARunningContainerIsSeenThere() throws Exception {
        ContainerRecord container = boxes.start(
                "mkdir /in; echo ready; until [ -e /in/sub/last ]; do sleep 0.05; done; cat /in/sub/f; stat -c '%u %a' /in/sub/f; sleep 100");
        boxes.awaitOutput("ready");
        write(
                container,
                "/in",
                new TarBytes()
                        .file("sub/f", "content\n".getBytes(UTF_8), entry -> {
                            entry.setUserId(7);
                            entry.setMode(0640);
                        })
                        .symlink("sub/last", "f"));
        boxes.awaitOutput("content\n7 640");
    }

    @Test
    void noLinkOfAHostileContainerLeadsToTheHost() throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), "the host's");
        ContainerRecord container =
                boxes.start("ln -s / /root-link; ln -s ../../../../../../../../.. /up; ln -s " + secret + " /leak;"
                        + " ln -s /proc/self/root /magic; mkdir /d; ln -s / /d/out; echo ready; sleep 100");
        boxes.awaitOutput("ready");
        for (String path : List.of("/root-link" + secret, "/up" + secret, "/leak/", "/magic" + secret)) {
            assertThat(reason(() -> read(container, path))).as(path).isEqualTo(Reason.NOT_FOUND);
            assertThat(reason(() -> write(container, path, new TarBytes().file("x", "x"))))
                    .as(path)
                    .isEqualTo(Reason.NOT_FOUND);
        }
        assertThat(archive.stat(container, "/leak").linkTarget()).isEqualTo(secret.toString());
        write(container, "/d", new TarBytes().file("out/planted", "x").file("out/tmp/planted", "x"));
        assertThat(Path.of("/planted")).doesNotExist();
        assertThat(Path.of("/tmp/planted")).doesNotExist();
        assertThat(members(read(container, "/planted"))).containsOnlyKeys("planted");
        assertThat(members(read(container, "/tmp/planted"))).containsOnlyKeys("planted");
    }

    @Test
    void hostileArchiveIsRefused() throws Exception {
        ContainerRecord container = boxes.stopped("true");
        for (TarBytes tar : List.of(
                new TarBytes().file("../../x", "x"),
                new TarBytes().hardLink("x", "../../etc/passwd"),
                new TarBytes().hardLink("x", "no/such"))) {
            assertThatExceptionOfType(ImageRefused.class).isThrownBy(() -> write(container, "/tmp", tar));
        }
        assertThatExceptionOfType(ImageRefused.class)
                .isThrownBy(() -> archive.write(
                        container,
                        "/tmp",
                        new ByteArrayInputStream("no tar at all".repeat(99).getBytes(UTF_8)),
                        PLAIN));
    }

    @Test
    void stoppedContainerIsReadAndWrittenAndStartsWithWhatWasWritten() throws Exception {
        ContainerRecord container = boxes.stopped("cat /tmp/new /etc/plain");
        List<String> before = mounts();
        write(container, "/tmp", new TarBytes().file("new", "was written\n"));
        assertThat(content(read(container, "/tmp/new"), "new")).isEqualTo("was written\n");
        assertThat(members(read(container, "/tmp"))).containsOnlyKeys("tmp/", "tmp/new");
        assertThat(mounts()).isEqualTo(before);
        boxes.run(container);
        boxes.awaitOutput("was written\nnot a program\n");
    }

    @Test
    void volumesArePartOfItAndReadOnlyOnesAreKept() throws Exception {
        Path volume = Files.createDirectories(folder.resolve("volume"));
        Files.writeString(volume.resolve("kept"), "in the volume");
        Mount writable = new Mount("/vol", "bind", volume.toString(), List.of("rbind"));
        Mount readonly = new Mount("/ro", "bind", volume.toString(), List.of("rbind", "ro"));
        ContainerRecord stopped = boxes.stopped("true", false, writable, readonly);
        write(stopped, "/vol", new TarBytes().file("first", "1"));
        assertThat(volume.resolve("first")).hasContent("1");
        assertThat(content(read(stopped, "/vol/kept"), "kept")).isEqualTo("in the volume");
        assertThatExceptionOfType(ActionRefused.class)
                .isThrownBy(() -> write(stopped, "/ro", new TarBytes().file("x", "x")))
                .withMessage("mounted volume is marked read-only")
                .matches(refused -> refused.reason() == Reason.FORBIDDEN);
        ContainerRecord running = boxes.start("echo ready; sleep 100", true, writable, readonly);
        boxes.awaitOutput("ready");
        write(running, "/vol", new TarBytes().file("second", "2"));
        assertThat(volume.resolve("second")).hasContent("2");
        assertThatExceptionOfType(ActionRefused.class)
                .isThrownBy(() -> write(running, "/tmp", new TarBytes().file("x", "x")))
                .withMessage("container rootfs is marked read-only");
        assertThat(volume.resolve("x")).doesNotExist();
    }

    @Test
    void foldersAreMergedAndOtherKindsReplacedUnlessTheyAreToBeKept() throws Exception {
        ContainerRecord container = boxes.stopped("true");
        write(
                container,
                "/tmp",
                new TarBytes().folder("d", 0700).file("d/old", "1").file("f", "file"));
        write(container, "/tmp", new TarBytes().folder("d", 0755).file("d/new", "2"));
        assertThat(members(read(container, "/tmp/d"))).containsOnlyKeys("d/", "d/old", "d/new");
        WriteTerms keeping = new WriteTerms(true, false);
        assertThatExceptionOfType(ImageRefused.class)
                .isThrownBy(() -> archive.write(
                        container,
                        "/tmp",
                        new ByteArrayInputStream(new TarBytes().file("d", "x").bytes()),
                        keeping))
                .withMessage("cannot overwrite directory \"/tmp/d\" with non-directory \"/tmp\"");
        assertThatExceptionOfType(ImageRefused.class)
                .isThrownBy(() -> archive.write(
                        container,
                        "/tmp",
                        new ByteArrayInputStream(
                                new TarBytes().folder("f", 0755).bytes()),
                        keeping))
                .withMessageContaining("cannot overwrite non-directory");
        write(container, "/tmp", new TarBytes().file("d", "now a file"));
        assertThat(content(read(container, "/tmp/d"), "d")).isEqualTo("now a file");
        assertThat(reason(() -> write(container, "/tmp/d", new TarBytes()))).isEqualTo(Reason.INVALID);
    }

    @Test
    void compressedArchivesAreUnpacked() throws Exception {
        ContainerRecord container = boxes.stopped("true");
        byte[] tar = new TarBytes().file("f", "squeezed").bytes();
        for (byte[] compressed :
                List.of(TarBytes.gzip(tar), TarBytes.zstd(tar), Compressed.bzip2(tar), Compressed.xz(tar))) {
            archive.write(container, "/tmp", new ByteArrayInputStream(compressed), PLAIN);
            assertThat(content(read(container, "/tmp/f"), "f")).isEqualTo("squeezed");
            Files.delete(boxes.upper(container).resolve("tmp/f"));
        }
    }

    @Test
    void everyFileCanBelongToTheContainersUser() throws Exception {
        ContainerRecord container = boxes.stopped("true");
        ContainerRecord asUser = container.withConfig(container.config().withUser("12:34"));
        archive.write(
                asUser,
                "/tmp",
                new ByteArrayInputStream(new TarBytes().file("f", "x").bytes()),
                new WriteTerms(false, true));
        assertThat(member(read(container, "/tmp/f"), "f").getLongUserId()).isEqualTo(12);
        assertThat(member(read(container, "/tmp/f"), "f").getLongGroupId()).isEqualTo(34);
    }

    @Test
    void ownersStayAsTheyAreWhereTheContainerNamesNoUser() throws Exception {
        ContainerRecord container = boxes.stopped("true");
        byte[] tar = new TarBytes()
                .file("f", "x".getBytes(UTF_8), entry -> entry.setIds(7, 8))
                .bytes();
        archive.write(
                container.withConfig(container.config().withUser("")),
                "/tmp",
                new ByteArrayInputStream(tar),
                new WriteTerms(false, true));
        assertThat(member(read(container, "/tmp/f"), "f").getLongUserId()).isEqualTo(7);
        assertThat(member(read(container, "/tmp/f"), "f").getLongGroupId()).isEqualTo(8);
    }

    @Test
    void changesAreDockersKindsInOrderOfPaths() throws Exception {
        ContainerRecord container = boxes.stopped(
                "rm /etc/plain; echo x >/etc/added; mkdir /new; echo y >/new/file; touch /lib/keep/a;"
                        + " rm -r /lib/gone; mkdir /lib/gone; echo z >/lib/gone/again; rm -r /opt; cat /bin/busybox >/dev/null");
        boxes.run(container);
        boxes.awaitExit();
        assertThat(archive.changes(container))
                .containsExactly(
                        new FilesystemChange("/etc", Kind.MODIFIED),
                        new FilesystemChange("/etc/added", Kind.ADDED),
                        new FilesystemChange("/etc/plain", Kind.DELETED),
                        new FilesystemChange("/lib", Kind.MODIFIED),
                        new FilesystemChange("/lib/gone", Kind.MODIFIED),
                        new FilesystemChange("/lib/gone/again", Kind.ADDED),
                        new FilesystemChange("/lib/gone/was", Kind.DELETED),
                        new FilesystemChange("/lib/keep", Kind.MODIFIED),
                        new FilesystemChange("/lib/keep/a", Kind.MODIFIED),
                        new FilesystemChange("/new", Kind.ADDED),
                        new FilesystemChange("/new/file", Kind.ADDED),
                        new FilesystemChange("/opt", Kind.DELETED));
    }

    @Test
    void containerThatOnlyRanHasChangedNothing() throws Exception {
        ContainerRecord container = boxes.stopped("cat /etc/plain");
        boxes.run(container);
        boxes.awaitExit();
        assertThat(archive.changes(container)).isEmpty();
    }

    @Test
    void exportHasTheWholeRootAndNothingMounted() throws Exception {
        Path volume = Files.createDirectories(folder.resolve("volume"));
        Files.writeString(volume.resolve("not exported"), "");
        ContainerRecord container = boxes.start(
                "echo x >/etc/added; rm /etc/plain; echo ready; sleep 100",
                false,
                new Mount("/vol", "bind", volume.toString(), List.of("rbind")));
        boxes.awaitOutput("ready");
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        archive.export(container, tar);
        assertThat(members(tar.toByteArray()))
                .containsKeys("bin/", "bin/busybox", "bin/sh", "etc/added", "vol/", "proc/")
                .doesNotContainKeys("etc/plain", "vol/not exported", "proc/1/", "");
        assertThat(member(tar.toByteArray(), "bin/sh").getLinkName()).isEqualTo("busybox");
    }

    @Test
    void strangeNamesAndAttributesComeOutAsTheyWentIn() throws Exception {
        ContainerRecord container = boxes.stopped("true");
        String longName = "n".repeat(200) + "/" + "m".repeat(200);
        byte[] capability = {1, 0, 0, 2, 0, 4, 0, (byte) 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        write(
                container,
                "/tmp",
                new TarBytes()
                        .file(longName, "long")
                        .file("ümläut ☃", "text")
                        .paxHeader("SCHILY.xattr.security.capability", capability)
                        .file("capable", "x")
                        .device("fifo", (byte) '6', 0, 0));
        byte[] tar = read(container, "/tmp");
        assertThat(content(tar, "tmp/" + longName)).isEqualTo("long");
        assertThat(content(tar, "tmp/ümläut ☃")).isEqualTo("text");
        assertThat(member(tar, "tmp/fifo").isFIFO()).isTrue();
        assertThat(Files.getAttribute(
                        boxes.upper(container).resolve("tmp/capable"), "unix:nlink", LinkOption.NOFOLLOW_LINKS))
                .isEqualTo(1);
        ContainerRecord other = boxes.stopped("true");
        archive.write(other, "/", new ByteArrayInputStream(tar), PLAIN);
        assertThat(content(read(other, "/tmp/" + longName), "m".repeat(200))).isEqualTo("long");
        assertThat(member(read(other, "/tmp/capable"), "capable").getExtraPaxHeaders())
                .containsKey("SCHILY.xattr.security.capability");
    }

    @Test
    void gigabyteGoesThroughWithoutBeingHeld() throws Exception {
        ContainerRecord container = boxes.stopped("true");
        long sizeBytes = 1L << 30;
        Path big =
                Files.createDirectories(boxes.upper(container).resolve("big")).resolve("file");
        try (var file = java.nio.channels.FileChannel.open(
                big, java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.WRITE)) {
            file.write(java.nio.ByteBuffer.wrap(new byte[] {1}), sizeBytes - 1);
        }
        long[] counted = {0};
        archive.read(container, "/big/file", stat -> {}, new OutputStream() {
            @Override
            public void write(int b) {
                counted[0]++;
            }

            @Override
            public void write(byte[] bytes, int from, int count) {
                counted[0] += count;
            }
        });
        assertThat(counted[0]).isBetween(sizeBytes, sizeBytes + 4096);
    }
}
