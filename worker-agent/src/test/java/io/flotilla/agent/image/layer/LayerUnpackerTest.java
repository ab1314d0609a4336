package io.flotilla.agent.image.layer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.runtime.linux.files.FileStatus;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayerUnpackerTest {
    private static final UnpackLimits LIMITS = new UnpackLimits(1 << 20, 1000);
    private static final byte[] OPAQUE = {'y'};

    private Path temp;

    private Path root;

    @BeforeEach
    void makeRoot(@TempDir Path temporary) throws IOException {
        temp = temporary;
        root = Files.createDirectories(temp.resolve("host/layer"));
    }

    private UnpackedLayer unpack(TarBytes tar) throws IOException, ImageRefused {
        Path discarded = Files.createTempDirectory(temp, "discarded");
        return LayerUnpacker.unpack(new ByteArrayInputStream(tar.bytes()), root, discarded, LIMITS);
    }

    private FileStatus status(String name) throws IOException {
        try (OpenDirectory layer = OpenDirectory.open(root)) {
            return layer.status(name).orElseThrow();
        }
    }

    private byte[] xattr(String name, String attribute) throws IOException {
        try (OpenDirectory layer = OpenDirectory.open(root)) {
            return layer.xattr(name, attribute).orElse(new byte[0]);
        }
    }

    private Map<String, Object> attributes(String name) throws IOException {
        return Files.readAttributes(root.resolve(name), "unix:*", LinkOption.NOFOLLOW_LINKS);
    }

    @Test
    void filesKeepContentOwnerModeAndTimes() throws Exception {
        UnpackedLayer unpacked =
                unpack(new TarBytes().folder("bin", 01777).file("bin/su", "program".getBytes(UTF_8), entry -> {
                    entry.setMode(04755);
                    entry.setIds(1234, 3_000_000);
                }));

        assertThat(unpacked.sizeBytes()).isEqualTo(7);
        assertThat(root.resolve("bin/su")).hasContent("program");
        assertThat(status("bin/su").permissions()).isEqualTo(04755);
        assertThat(status("bin").permissions()).isEqualTo(01777);
        assertThat(attributes("bin/su")).containsEntry("uid", 1234).containsEntry("gid", 3_000_000);
        assertThat(Files.getLastModifiedTime(root.resolve("bin/su")).toInstant())
                .isEqualTo(TarBytes.TIME);
        assertThat(Files.getLastModifiedTime(root.resolve("bin")).toInstant()).isEqualTo(TarBytes.TIME);
    }

    @Test
    void rootEntrySetsTheRootsOwnMode() throws Exception {
        unpack(new TarBytes().folder(".", 0711).file("./a", "x"));

        assertThat(status(".").permissions()).isEqualTo(0711);
        assertThat(root.resolve("a")).hasContent("x");
    }

    @Test
    void foldersTheTarDoesNotMentionAreMade() throws Exception {
        unpack(new TarBytes().file("a/b/c/file", "x"));

        assertThat(root.resolve("a/b/c/file")).hasContent("x");
        assertThat(status("a").permissions()).isEqualTo(0755);
    }

    @Test
    void linksDevicesAndFifosAreMade() throws Exception {
        unpack(new TarBytes()
                .file("original", "same")
                .hardLink("twin", "original")
                .symlink("pointer", "/etc/passwd")
                .device("null", TarConstants.LF_CHR, 1, 3)
                .device("disk", TarConstants.LF_BLK, 259, 70000)
                .add("pipe", TarConstants.LF_FIFO, new byte[0], entry -> {}));

        assertThat(attributes("twin").get("ino"))
                .isEqualTo(attributes("original").get("ino"));
        assertThat(Files.readSymbolicLink(root.resolve("pointer"))).hasToString("/etc/passwd");
        assertThat(status("null").mode()).isEqualTo(FileStatus.S_IFCHR | 0640);
        assertThat(status("null").deviceMajor()).isEqualTo(1);
        assertThat(status("null").deviceMinor()).isEqualTo(3);
        assertThat(status("disk").mode()).isEqualTo(FileStatus.S_IFBLK | 0640);
        assertThat(status("disk").deviceMajor()).isEqualTo(259);
        assertThat(status("disk").deviceMinor()).isEqualTo(70000);
        assertThat(status("pipe").mode() & FileStatus.S_IFMT).isEqualTo(FileStatus.S_IFIFO);
    }

    @Test
    void namesBeyondAsciiAndBeyond100BytesSurvive() throws Exception {
        String longName = "folder/" + "n".repeat(200);
        unpack(new TarBytes().file(longName, "long").file("données/naïve-日本", "text"));

        assertThat(root.resolve(longName)).hasContent("long");
        try (OpenDirectory layer = OpenDirectory.open(root);
                OpenDirectory folder = layer.resolve(new String("données".getBytes(UTF_8), "ISO-8859-1"))) {
            assertThat(folder.status(new String("naïve-日本".getBytes(UTF_8), "ISO-8859-1")))
                    .isPresent();
        }
    }

    @Test
    void fileCapabilitiesSurviveAlthoughTheyAreNotText() throws Exception {
        // cap_setgid,cap_setuid=ep, whose 0xc0 is no UTF-8
        byte[] capability = {1, 0, 0, 2, (byte) 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        unpack(new TarBytes()
                .paxHeader("SCHILY.xattr.security.capability", capability)
                .file("newuidmap", "x")
                .file("other", "y"));

        assertThat(xattr("newuidmap", "security.capability")).isEqualTo(capability);
        assertThat(xattr("other", "security.capability")).isEmpty();
    }

    @Test
    void attributesThatSteerOverlayfsAreNotTakenFromTheTar() throws Exception {
        unpack(new TarBytes()
                .paxHeader("SCHILY.xattr.trusted.overlay.redirect", "/../../etc".getBytes(UTF_8))
                .folder("folder", 0755)
                .paxHeader("SCHILY.xattr.user.note", "kept".getBytes(UTF_8))
                .file("file", "x"));

        assertThat(xattr("folder", "trusted.overlay.redirect")).isEmpty();
        assertThat(xattr("file", "user.note")).asString(UTF_8).isEqualTo("kept");
    }

    @Test
    void whiteoutsBecomeWhatOverlayfsUnderstands() throws Exception {
        UnpackedLayer unpacked =
                unpack(new TarBytes().file("etc/.wh.passwd", "").file("var/cache/.wh..wh..opq", ""));

        assertThat(status("etc/passwd").isWhiteout()).isTrue();
        assertThat(xattr("var/cache", "trusted.overlay.opaque")).isEqualTo(OPAQUE);
        assertThat(root.resolve("etc/.wh.passwd")).doesNotExist();
        assertThat(unpacked.hidesLower()).isFalse();
    }

    @Test
    void opaqueRootHidesAllLayersBelow() throws Exception {
        assertThat(unpack(new TarBytes().file(".wh..wh..opq", "").file("only", "x"))
                        .hidesLower())
                .isTrue();
    }

    @Test
    void folderDeletedAndMadeAgainInOneLayerHidesTheOldContentInEitherOrder() throws Exception {
        unpack(new TarBytes()
                .file(".wh.first", "")
                .folder("first", 0755)
                .folder("second", 0755)
                .file(".wh.second", "")
                .file(".wh.third", "")
                .file("third/implied", "x"));

        for (String name : new String[] {"first", "second", "third"}) {
            assertThat(status(name).isDirectory()).as(name).isTrue();
            assertThat(xattr(name, "trusted.overlay.opaque")).as(name).isEqualTo(OPAQUE);
        }
    }

    @Test
    void laterMemberReplacesTheEarlierOfTheSameName() throws Exception {
        unpack(new TarBytes()
                .file("a", "old")
                .file("b/inner", "x")
                .file("a", "new")
                .symlink("b", "a"));

        assertThat(root.resolve("a")).hasContent("new");
        assertThat(root.resolve("b")).isSymbolicLink();
    }

    @Test
    void symbolicLinksOutOfTheLayerLeadBackIntoIt() throws Exception {
        Path victim = Files.createDirectory(temp.resolve("host/victim"));
        unpack(new TarBytes()
                .folder("victim", 0755)
                .symlink("up", "../victim")
                .file("up/evil", "x")
                .symlink("absolute", victim.toString())
                .folder(victim.toString().substring(1), 0755)
                .file("absolute/evil", "y"));

        assertThat(victim).isEmptyDirectory();
        assertThat(root.resolve("victim/evil")).hasContent("x");
        assertThat(root.resolve(victim.toString().substring(1) + "/evil")).hasContent("y");
    }

    @Test
    void fileDoesNotWriteThroughALinkOfItsOwnName() throws Exception {
        Path victim = Files.writeString(temp.resolve("host/victim"), "safe");
        unpack(new TarBytes().symlink("link", victim.toString()).file("link", "evil"));

        assertThat(victim).hasContent("safe");
        assertThat(root.resolve("link")).isRegularFile().hasContent("evil");
    }

    @Test
    void absolutePathsStartAtTheLayersRoot() throws Exception {
        unpack(new TarBytes().file("/etc/motd", "hello"));

        assertThat(root.resolve("etc/motd")).hasContent("hello");
    }

    @Test
    void pathsWithDotDotAreRefused() {
        assertRefused(new TarBytes().file("../evil", "x"), "\"../evil\"", "outside");
        assertRefused(new TarBytes().folder("a", 0755).file("a/../../evil", "x"), "outside");
        assertRefused(new TarBytes().hardLink("link", "../../victim"), "outside");
        assertThat(temp.resolve("host/evil")).doesNotExist();
    }

    @Test
    void hardLinkToAFileOfTheHostIsRefused() throws Exception {
        Path victim = Files.writeString(temp.resolve("host/victim"), "safe");
        assertRefused(new TarBytes().hardLink("link", victim.toString()), "not in the layer");
        assertRefused(
                new TarBytes().symlink("up", "..").hardLink("link", "up/victim"),
                "hard link /link",
                "not in the layer");
        assertThat(attributes("../victim")).containsEntry("nlink", 1);
    }

    @Test
    void pathThroughALinkThatLeadsNowhereIsRefused() {
        assertRefused(new TarBytes().symlink("a", "/nowhere").file("a/b", "x"), "/a/b", "no such file");
    }

    @Test
    void whiteoutOfDotDotIsRefused() {
        assertRefused(new TarBytes().file(".wh...", ""), "whiteout");
        assertRefused(new TarBytes().file("a/.wh.", ""), "whiteout");
    }

    @Test
    void limitsOfSizeCountAndNamesAreKept() {
        assertRefused(new TarBytes().file("big", new byte[(1 << 20) + 1], entry -> {}), "more than the 1048576 bytes");
        assertRefused(new TarBytes().file("n".repeat(256), "x"), "longer than 255 bytes");
        assertRefused(new TarBytes().file("d/".repeat(2100) + "x", "x"), "path longer than 4095");
        TarBytes many = new TarBytes();
        for (int i = 0; i <= 1000; i++) {
            many.file("f" + i, "");
        }
        assertRefused(many, "more than 1000 files");
    }

    @Test
    void headerThatWouldFillTheMemoryIsRefused() {
        assertRefused(
                new TarBytes()
                        .paxHeader("SCHILY.xattr.user.huge", new byte[2 << 20])
                        .file("x", "x"),
                "header is larger");
    }

    private void assertRefused(TarBytes tar, String... words) {
        assertThatThrownBy(() -> unpack(tar))
                .isInstanceOfSatisfying(ImageRefused.class, refused -> assertThat(refused.reason())
                        .isEqualTo(ImageRefused.Reason.INVALID))
                .hasMessageContainingAll(words);
    }
}
