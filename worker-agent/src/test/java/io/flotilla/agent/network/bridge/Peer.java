package io.flotilla.agent.network.bridge;

import io.flotilla.agent.runtime.linux.netlink.NetworkNamespace;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Talks from within a namespace, as a process of a container or of another host would. Everything it opened ends with it. */
final class Peer implements AutoCloseable {
    static final int TIMEOUT_MS = 5000;

    private final Path namespace;
    private final List<AutoCloseable> open = new ArrayList<>();

    Peer(Path namespace) {
        this.namespace = namespace;
    }

    /** Answers every connection with the text and the client's address, such as {@code a 172.17.0.1}. */
    void serveTcp(int port, String text) throws IOException {
        ServerSocket server = NetworkNamespace.enter(namespace, () -> new ServerSocket(port));
        open.add(server);
        Thread.ofPlatform().daemon().start(() -> {
            while (!server.isClosed()) {
                try (Socket client = server.accept()) {
                    String answer = text + " " + client.getInetAddress().getHostAddress();
                    client.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
                } catch (SocketException _) {
                    return;
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
        });
    }

    /** Answers each datagram with the text. */
    void serveUdp(int port, String text) throws IOException {
        DatagramSocket server = NetworkNamespace.enter(namespace, () -> new DatagramSocket(port));
        open.add(server);
        Thread.ofPlatform().daemon().start(() -> {
            while (!server.isClosed()) {
                try {
                    DatagramPacket question = new DatagramPacket(new byte[64], 64);
                    server.receive(question);
                    byte[] answer = text.getBytes(StandardCharsets.UTF_8);
                    server.send(new DatagramPacket(answer, answer.length, question.getSocketAddress()));
                } catch (SocketException _) {
                    return;
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
        });
    }

    /** Connects from the namespace and reads all that comes. */
    String fetch(String host, int port) throws IOException {
        return fetch(host, port, TIMEOUT_MS);
    }

    String fetch(String host, int port, int timeoutMs) throws IOException {
        return NetworkNamespace.enter(namespace, () -> fetchHere(host, port, timeoutMs));
    }

    boolean pings(InetAddress address) throws IOException {
        return NetworkNamespace.enter(namespace, () -> address.isReachable(TIMEOUT_MS));
    }

    /** Connects from the calling thread's namespace. */
    static String fetchHere(String host, int port) throws IOException {
        return fetchHere(host, port, TIMEOUT_MS);
    }

    private static String fetchHere(String host, int port, int timeoutMs) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(timeoutMs);
            socket.connect(new InetSocketAddress(host, port), timeoutMs);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Sends one datagram and waits for the answer. */
    static String askHere(DatagramSocket socket, String host, int port) throws IOException {
        socket.setSoTimeout(TIMEOUT_MS);
        socket.send(new DatagramPacket(new byte[] {1}, 1, new InetSocketAddress(host, port)));
        DatagramPacket answer = new DatagramPacket(new byte[64], 64);
        socket.receive(answer);
        return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable socket : open) {
            socket.close();
        }
    }
}
