package io.flotilla.agent.image.layer;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Tars that lead out of where they are unpacked, by names, links and headers, or that are broken. */
public final class HostileTars {
    private static final int BLOCK = 512;
    private static final int SIZE_FIELD = 124;
    private static final int SUM_FIELD = 148;

    private HostileTars() {}

    enum Kind {
        FILE,
        FOLDER,
        SYMLINK,
        HARD_LINK,
        WHITEOUT,
        CHARACTER_DEVICE,
        BLOCK_DEVICE,
        FIFO,
        /** A header of a later standard gives the member its real path. */
        RENAMED,
        RELINKED
    }

    private record Member(Kind kind, String path, String target) {}

    private record Spoil(UnaryOperator<byte[]> by) {
        @Override
        public String toString() {
            return "spoil";
        }
    }

    /** One tar, with members that name a folder of the host by {@code OUTSIDE}. */
    public record HostileTar(List<Member> members, Spoil spoil) {
        /** @param outside absolute path of the folder nothing may reach */
        public byte[] bytes(String outside) {
            TarBytes tar = new TarBytes();
            for (Member member : members) {
                add(
                        tar,
                        member.kind(),
                        member.path().replace("OUTSIDE", outside),
                        member.target().replace("OUTSIDE", outside));
            }
            return spoil.by().apply(tar.bytes());
        }
    }

    public static Arbitrary<HostileTar> any() {
        // a ".." in a member's own path is refused at once, so most tars must do without to get far
        Arbitrary<String> paths = joined(
                Arbitraries.of("", "", "", "/", "//", "OUTSIDE/"),
                Arbitraries.frequencyOf(
                        Tuple.of(40, Arbitraries.of("a", "b", "etc", "bin", ".", "")),
                        Tuple.of(1, Arbitraries.just(".."))));
        Arbitrary<String> targets = joined(
                Arbitraries.of("", "", "/", "OUTSIDE/", "../", "../../../../../../../../", "/proc/self/root/"),
                Arbitraries.of("a", "b", "..", ".", "etc", "passwd"));
        Arbitrary<Member> member =
                Combinators.combine(Arbitraries.of(Kind.class), paths, targets).as(Member::new);
        return Combinators.combine(member.list().ofMinSize(1).ofMaxSize(10), spoils())
                .as(HostileTar::new);
    }

    private static Arbitrary<String> joined(Arbitrary<String> start, Arbitrary<String> names) {
        return Combinators.combine(start, names.list().ofMinSize(1).ofMaxSize(4))
                .as((first, rest) -> first + String.join("/", rest));
    }

    private static void add(TarBytes tar, Kind kind, String path, String target) {
        switch (kind) {
            case FILE -> tar.file(path.endsWith("/") ? path + "b" : path, "evil");
            case FOLDER -> tar.folder(path, 0777);
            case SYMLINK -> tar.symlink(path, target);
            case HARD_LINK -> tar.hardLink(path, target);
            case WHITEOUT -> {
                int slash = path.lastIndexOf('/') + 1;
                tar.file(path.substring(0, slash) + ".wh." + path.substring(slash), "");
            }
            case CHARACTER_DEVICE -> tar.device(path, TarConstants.LF_CHR, 1, 5);
            case BLOCK_DEVICE -> tar.device(path, TarConstants.LF_BLK, 8, 0);
            case FIFO -> tar.device(path, TarConstants.LF_FIFO, 0, 0);
            case RENAMED -> tar.paxHeader("path", target.getBytes(UTF_8)).file("a", "evil");
            case RELINKED ->
                tar.paxHeader("linkpath", target.getBytes(UTF_8))
                        .symlink(path, "a")
                        .file(path + "/b", "evil");
        }
    }

    private static Arbitrary<Spoil> spoils() {
        Arbitrary<Spoil> cut = Arbitraries.integers()
                .between(0, 4096)
                .map(at -> new Spoil(tar -> Arrays.copyOf(tar, Math.min(at, tar.length))));
        Arbitrary<Spoil> flipped = Arbitraries.integers()
                .between(0, 4096)
                .map(at -> new Spoil(tar -> {
                    byte[] spoiled = tar.clone();
                    spoiled[at % tar.length] ^= 0x41;
                    return spoiled;
                }));
        Arbitrary<Spoil> sized = Arbitraries.of("77777777777", "00000000001", "-1234567890", "zzzzzzzzzzz")
                .map(size -> new Spoil(tar -> sized(tar, size)));
        Arbitrary<Spoil> none = Arbitraries.just(new Spoil(tar -> tar));
        return Arbitraries.frequencyOf(Tuple.of(6, none), Tuple.of(1, cut), Tuple.of(1, flipped), Tuple.of(1, sized));
    }

    /** The first member says that it is of another size, with the right checksum. */
    private static byte[] sized(byte[] tar, String octal) {
        byte[] spoiled = tar.clone();
        System.arraycopy(octal.getBytes(US_ASCII), 0, spoiled, SIZE_FIELD, octal.length());
        Arrays.fill(spoiled, SUM_FIELD, SUM_FIELD + 8, (byte) ' ');
        int sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += spoiled[i] & 0xFF;
        }
        byte[] field = "%06o\0 ".formatted(sum).getBytes(US_ASCII);
        System.arraycopy(field, 0, spoiled, SUM_FIELD, field.length);
        return spoiled;
    }
}
