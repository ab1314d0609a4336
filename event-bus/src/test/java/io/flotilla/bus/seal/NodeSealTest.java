package io.flotilla.bus.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeSealTest {
    private static final byte[] VALUE = "hunter2".getBytes(StandardCharsets.UTF_8);
    private static final byte[] EPHEMERAL = filled(7);

    private final NodeKey node = NodeKey.of(filled(1));
    private final NodeKey other = NodeKey.of(filled(2));

    /** Section 6.1. */
    @Test
    void x25519AgreesAsInRfc7748() throws Exception {
        HexFormat hex = HexFormat.of();
        byte[] alice = hex.parseHex("77076d0a7318a57d3c16c17251b26645df4c2f92ebc099170cdbcbb60bd98a2a");
        byte[] bob = hex.parseHex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");

        assertThat(X25519.agree(alice, X25519.publicKey(bob))).isEqualTo(X25519.agree(bob, X25519.publicKey(alice)));
        assertThat(hex.formatHex(X25519.publicKey(bob)))
                .isEqualTo("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    }

    @Test
    void onlyTheNodeItIsForOpensIt() throws Exception {
        SealedToNode sealed = NodeSeal.seal(node.publicKey(), "secret/db", VALUE, EPHEMERAL);

        assertThat(node.open(sealed, "secret/db")).isEqualTo(VALUE);
        assertThatThrownBy(() -> other.open(sealed, "secret/db")).isInstanceOf(UnsealException.class);
    }

    @Test
    void itOpensForTheUseItWasSealedForOnly() throws Exception {
        SealedToNode sealed = NodeSeal.seal(node.publicKey(), "secret/db", VALUE, EPHEMERAL);

        assertThatThrownBy(() -> node.open(sealed, "secret/other")).isInstanceOf(UnsealException.class);
    }

    @Test
    void whatWasChangedOnTheWayDoesNotOpen() throws Exception {
        SealedToNode sealed = NodeSeal.seal(node.publicKey(), "secret/db", VALUE, EPHEMERAL);
        byte[] box = Base64.getDecoder().decode(sealed.box());
        box[box.length - 1] ^= 1;
        SealedToNode changed =
                new SealedToNode(sealed.ephemeralKey(), Base64.getEncoder().encodeToString(box));

        assertThatThrownBy(() -> node.open(changed, "secret/db")).isInstanceOf(UnsealException.class);
    }

    @Test
    void keysThatAreNoneAreRefused() {
        String zeros = Base64.getEncoder().encodeToString(new byte[32]);
        assertThatThrownBy(() -> NodeSeal.seal(zeros, "secret/db", VALUE, EPHEMERAL))
                .isInstanceOf(UnsealException.class);
        assertThatThrownBy(() -> NodeSeal.seal("AAAA", "secret/db", VALUE, EPHEMERAL))
                .isInstanceOf(UnsealException.class);
        assertThatThrownBy(() -> NodeSeal.seal("*", "secret/db", VALUE, EPHEMERAL))
                .isInstanceOf(UnsealException.class);
    }

    @Test
    void aNodesKeyIsMadeOnceAndForItsOwnerOnly(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("deep/node.key");
        String first = NodeKey.open(file).publicKey();

        assertThat(NodeKey.open(file).publicKey()).isEqualTo(first);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void aKeyThatOthersCanReadIsRefusedByName(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("node.key");
        String unused = NodeKey.open(file).publicKey();
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

        assertThatThrownBy(() -> NodeKey.open(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("rw-r--r--")
                .hasMessageContaining(file.toString())
                .hasMessageNotContaining(unused);
    }

    @Test
    void aPlainValueShowsInNoText() {
        assertThat(Confidential.Plain.of(VALUE).toString())
                .doesNotContain("hunter2")
                .doesNotContain(Base64.getEncoder().encodeToString(VALUE));
    }

    private static byte[] filled(int with) {
        byte[] bytes = new byte[32];
        java.util.Arrays.fill(bytes, (byte) with);
        return bytes;
    }
}
