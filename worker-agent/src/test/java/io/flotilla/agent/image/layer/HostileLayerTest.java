package io.flotilla.agent.image.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.content.Tree;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Whatever a layer names and links, nothing beside its own folder is made, changed or linked. */
class HostileLayerTest {

    enum Kind {
        FILE,
        FOLDER,
        SYMLINK,
        HARD_LINK,
        WHITEOUT
    }

    record Member(Kind kind, String path, String target) {}

    @Property(tries = 400)
    void noLayerReachesOutsideOfItsFolder(@ForAll("layers") List<Member> members) throws Exception {
        Path temp = Files.createTempDirectory("hostile-layer");
        try {
            Path outside = Files.createDirectories(temp.resolve("host/a"));
            Files.writeString(outside.resolve("b"), "safe");
            Path layer = Files.createDirectory(temp.resolve("host/layer"));
            String before = picture(outside);

            unpack(layer, Files.createDirectory(temp.resolve("discarded")), tar(members, outside));

            assertThat(picture(outside)).isEqualTo(before);
            assertThat(names(temp.resolve("host"))).containsExactly("a", "layer");
            assertThat(names(temp)).containsExactly("discarded", "host");
        } finally {
            Tree.delete(temp);
        }
    }

    @Provide
    Arbitrary<List<Member>> layers() {
        // a ".." in a member's own path is refused at once, so most layers must do without to get far
        Arbitrary<String> paths = joined(
                Arbitraries.of("", "", "", "/", "OUTSIDE/"),
                Arbitraries.frequencyOf(
                        Tuple.of(40, Arbitraries.of("a", "b", "layer", ".", "")), Tuple.of(1, Arbitraries.just(".."))));
        Arbitrary<String> targets =
                joined(Arbitraries.of("", "", "/", "OUTSIDE/", "../"), Arbitraries.of("a", "b", "..", ".", "layer"));
        Arbitrary<Member> member =
                Combinators.combine(Arbitraries.of(Kind.class), paths, targets).as(Member::new);
        return member.list().ofMinSize(1).ofMaxSize(10);
    }

    private static Arbitrary<String> joined(Arbitrary<String> start, Arbitrary<String> names) {
        return Combinators.combine(start, names.list().ofMinSize(1).ofMaxSize(4))
                .as((first, rest) -> first + String.join("/", rest));
    }

    private static TarBytes tar(List<Member> members, Path outside) {
        TarBytes tar = new TarBytes();
        for (Member member : members) {
            String path = member.path().replace("OUTSIDE", outside.toString());
            String target = member.target().replace("OUTSIDE", outside.toString());
            switch (member.kind()) {
                case FILE -> tar.file(path.endsWith("/") ? path + "b" : path, "evil");
                case FOLDER -> tar.folder(path, 0777);
                case SYMLINK -> tar.symlink(path, target);
                case HARD_LINK -> tar.hardLink(path, target);
                case WHITEOUT ->
                    tar.file(
                            path.substring(0, path.lastIndexOf('/') + 1) + ".wh."
                                    + path.substring(path.lastIndexOf('/') + 1),
                            "");
            }
        }
        return tar;
    }

    /** Whether the layer is refused or taken does not matter here. */
    private static void unpack(Path layer, Path discarded, TarBytes tar) throws IOException {
        try {
            UnpackLimits limits = new UnpackLimits(1 << 20, 100);
            ByteArrayInputStream content = new ByteArrayInputStream(tar.bytes());
            assertThat(LayerUnpacker.unpack(content, layer, discarded, limits).sizeBytes())
                    .isNotNegative();
        } catch (ImageRefused refused) {
            assertThat(refused.reason()).isEqualTo(ImageRefused.Reason.INVALID);
        }
    }

    private static String picture(Path folder) throws IOException {
        StringBuilder picture = new StringBuilder();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted().toList()) {
                picture.append(file)
                        .append(Files.readAttributes(file, "unix:mode,uid,nlink,ctime"))
                        .append(Files.isRegularFile(file) ? Files.readString(file) : "");
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
