package io.flotilla.app;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * What an instance is called, everywhere and for good: chosen at its first start.
 *
 * @param instance in the names of all its kernel objects
 * @param nodeId of this node in the cluster, 25 digits of base 36
 * @param busClusterId Kafka's cluster id
 * @param raftPort on loopback, as the other ports: a free one, so that instances in one network namespace get along
 */
public record Identity(
        String instance, String nodeId, String busClusterId, int raftPort, int brokerPort, int brokerControllerPort) {

    /** Reads the identity of a data folder, or makes and keeps one. */
    static Identity of(InstanceHome home) throws IOException {
        Identity kept = home.identity();
        if (kept != null) {
            return kept;
        }
        List<Integer> ports = freePorts(3);
        Identity made = new Identity(
                instanceName(home.dataDir()), newNodeId(), newBusClusterId(), ports.get(0), ports.get(1), ports.get(2));
        Path next = home.identityFile().resolveSibling("instance.json.next");
        Files.write(next, Json.write(made));
        Files.move(next, home.identityFile(), StandardCopyOption.ATOMIC_MOVE);
        return made;
    }

    /** Derived from the folder, so that a crashed instance whose folder is lost can be cleaned up by name too. */
    private static String instanceName(Path dataDir) {
        if (dataDir.equals(Options.DEFAULT_DATA_DIR)) {
            return "main";
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(dataDir.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 3);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static String newNodeId() {
        String digits = new BigInteger(128, new SecureRandom()).toString(36);
        return "0".repeat(25 - digits.length()) + digits;
    }

    /** Kafka takes 16 bytes in base64url. */
    private static String newBusClusterId() {
        byte[] bytes = new byte[16];
        new SecureRandom().nextBytes(bytes);
        bytes[0] &= 0x3f; // Kafka refuses ids that begin with a dash
        return java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }
}
