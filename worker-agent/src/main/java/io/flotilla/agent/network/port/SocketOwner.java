package io.flotilla.agent.network.port;

import io.flotilla.agent.network.Protocol;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** A process that has a port, found as ss(8) does: the kernel's socket table, then everybody's descriptors. */
record SocketOwner(String process, long pid) {
    private static final Path PROC = Path.of("/proc");

    /** Empty when the kernel does not tell: a socket that is bound but not listening, or a process in another pid namespace. */
    static Optional<SocketOwner> find(Protocol protocol, InetAddress address, int port) throws IOException {
        Set<String> sockets = new HashSet<>();
        List<String> tables =
                switch (protocol) {
                    case TCP -> List.of("tcp", "tcp6");
                    case UDP -> List.of("udp", "udp6");
                    case SCTP -> List.of();
                };
        for (String table : tables) {
            // of the calling thread: /proc/net would be the main thread's namespace
            collect(PROC.resolve("thread-self/net").resolve(table), protocol, address, port, sockets);
        }
        return sockets.isEmpty() ? Optional.empty() : ownerOf(sockets);
    }

    private static void collect(Path table, Protocol protocol, InetAddress address, int port, Set<String> into)
            throws IOException {
        if (Files.notExists(table)) {
            return;
        }
        try (Stream<String> lines = Files.lines(table)) {
            for (String line : (Iterable<String>) lines.skip(1)::iterator) {
                SocketTable.Entry entry = SocketTable.parse(line);
                if (entry.holds(protocol == Protocol.TCP, address, port)) {
                    into.add("socket:[" + entry.inode() + "]");
                }
            }
        }
    }

    private static Optional<SocketOwner> ownerOf(Set<String> sockets) throws IOException {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                if (has(process, sockets)) {
                    long pid = Long.parseLong(process.getFileName().toString());
                    return Optional.of(new SocketOwner(nameOf(process), pid));
                }
            }
        }
        return Optional.empty();
    }

    private static boolean has(Path process, Set<String> sockets) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                if (sockets.contains(Files.readSymbolicLink(descriptor).toString())) {
                    return true;
                }
            }
            return false;
        } catch (IOException _) {
            // it ended, or is not ours to look into: then it can't be named
            return false;
        }
    }

    private static String nameOf(Path process) {
        try {
            return Files.readString(process.resolve("comm")).strip();
        } catch (IOException _) {
            return "a process that has just ended";
        }
    }

    @Override
    public String toString() {
        return process + ", pid " + pid;
    }
}
