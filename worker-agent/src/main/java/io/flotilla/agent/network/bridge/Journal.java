package io.flotilla.agent.network.bridge;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.flotilla.agent.network.IngressPort;
import io.flotilla.agent.network.Protocol;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * What the network has decided and the kernel can't tell: who has which address and ports, what is published. One small file an
 * object, replaced whole, written before the kernel is changed, so that whatever a crash leaves half made is known.
 * It lies on the same tmpfs as the namespaces and goes away with them at a reboot. Not for concurrent use.
 */
final class Journal {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String INGRESS = "ingress";
    private static final String ATTACHMENTS = "attachments";

    private final Path folder;

    Journal(Path folder) {
        this.folder = folder;
    }

    private record StoredIngress(Protocol protocol, int publishedPort, int targetPort, List<String> backends) {}

    void open() throws IOException {
        Files.createDirectories(folder.resolve(ATTACHMENTS));
    }

    List<StoredAttachment> attachments() throws IOException {
        List<StoredAttachment> all = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder.resolve(ATTACHMENTS), "*.json")) {
            for (Path file : files) {
                all.add(read(file, new TypeReference<StoredAttachment>() {}));
            }
        }
        return all;
    }

    Optional<StoredAttachment> attachment(String containerId) throws IOException {
        try {
            return Optional.of(read(file(containerId), new TypeReference<>() {}));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
    }

    void write(StoredAttachment attachment) throws IOException {
        replace(file(attachment.containerId()), attachment);
    }

    void remove(String containerId) throws IOException {
        Files.deleteIfExists(file(containerId));
    }

    List<IngressPort> ingress() throws IOException {
        try {
            List<StoredIngress> stored = read(folder.resolve(INGRESS), new TypeReference<>() {});
            return stored.stream()
                    .map(port -> new IngressPort(
                            port.protocol(),
                            port.publishedPort(),
                            port.targetPort(),
                            port.backends().stream().map(InetAddress::ofLiteral).toList()))
                    .toList();
        } catch (NoSuchFileException _) {
            return List.of();
        }
    }

    void writeIngress(Collection<IngressPort> ports) throws IOException {
        replace(
                folder.resolve(INGRESS),
                ports.stream()
                        .map(port -> new StoredIngress(
                                port.protocol(),
                                port.publishedPort(),
                                port.targetPort(),
                                port.backends().stream()
                                        .map(InetAddress::getHostAddress)
                                        .toList()))
                        .toList());
    }

    /** Removes the journal itself. No error when there is none. */
    static void delete(Path folder) throws IOException {
        for (Path inner : List.of(folder.resolve(ATTACHMENTS), folder)) {
            if (Files.isDirectory(inner)) {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(inner)) {
                    for (Path file : files) {
                        Files.delete(file);
                    }
                }
                Files.delete(inner);
            }
        }
    }

    private Path file(String containerId) {
        return folder.resolve(ATTACHMENTS).resolve(containerId + ".json");
    }

    private static <T> T read(Path file, TypeReference<T> type) throws IOException {
        try {
            return JSON.readValue(Files.readAllBytes(file), type);
        } catch (JacksonException e) {
            throw new IOException("network journal " + file + " is damaged: " + e.getOriginalMessage(), e);
        }
    }

    private static void replace(Path file, Object value) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + ".new");
        Files.write(draft, JSON.writeValueAsBytes(value));
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
