package io.flotilla.agent.image.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.ImageBytes;
import io.flotilla.agent.image.ImageLimits;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.LocalImageStore;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.image.registry.Credentials;
import io.flotilla.agent.image.registry.ImagePlatform;
import io.flotilla.agent.image.registry.RegistryFailure;
import io.flotilla.agent.image.registry.RegistryOptions;
import io.flotilla.agent.image.registry.RegistryReference;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A node's store and its ways to registries, with short times. */
final class Node implements AutoCloseable {
    static final RegistryOptions OPTIONS = new RegistryOptions(
            List.of(),
            RegistryOptions.LOOPBACK,
            List.of(),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            4,
            Duration.ofMillis(50));

    private static final List<String> PARTS = List.of("images", "layers", "blobs/sha256", "l", "incoming", "trash");

    final Path folder;
    final LocalImageStore store;
    final ImageTransfers transfers;
    /** status of all messages, with their id */
    final List<String> told = Collections.synchronizedList(new ArrayList<>());

    private Consumer<ObjectNode> also = message -> {};

    Node(Path folder) throws IOException {
        this(folder, OPTIONS, ImageLimits.defaults());
    }

    Node(Path folder, RegistryOptions options, ImageLimits limits) throws IOException {
        this.folder = folder;
        this.store = new LocalImageStore(folder, limits);
        this.transfers = new ImageTransfers(store, limits, options);
    }

    static RegistryOptions mirrored(String... mirrors) {
        return OPTIONS.withMirrors(Stream.of(mirrors).map(URI::create).toList());
    }

    void onProgress(Consumer<ObjectNode> told) {
        also = told;
    }

    private void progress(ObjectNode message) {
        told.add((message.has("id") ? message.path("id").asText() + ": " : "")
                + message.path("status").asText());
        also.accept(message);
    }

    ImagePulls.Pulled pull(String reference) throws Exception {
        return pull(reference, Credentials.NONE);
    }

    ImagePulls.Pulled pull(String reference, Credentials credentials)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        return transfers
                .pulls()
                .pull(RegistryReference.parse(reference), ImagePlatform.ofThisMachine(), credentials, this::progress);
    }

    StoredImage load(ImageBytes image) throws IOException, ImageRefused {
        return store.load(new ByteArrayInputStream(image.dockerArchive()), message -> {})
                .getFirst();
    }

    ImagePushes.Pushed push(StoredImage image, String reference) throws Exception {
        return push(image, reference, Credentials.NONE);
    }

    ImagePushes.Pushed push(StoredImage image, String reference, Credentials credentials)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        return transfers.pushes().push(image.id(), RegistryReference.parse(reference), credentials, this::progress);
    }

    /** Files of a layer that was given up go when the thread at work on it has noticed. */
    void awaitFiles(Predicate<List<String>> asWanted) throws IOException, InterruptedException {
        try (WatchService changes = folder.getFileSystem().newWatchService()) {
            for (String part : PARTS) {
                folder.resolve(part)
                        .register(changes, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
            }
            while (!asWanted.test(files())) {
                WatchKey change = changes.poll(10, TimeUnit.SECONDS);
                assertThat(change).as("a change of %s", files()).isNotNull();
                change.reset();
            }
        }
    }

    /** Files of blobs, unpacked layers, records and unfinished work; the layer of every container left out. */
    List<String> files() throws IOException {
        List<String> files = new ArrayList<>();
        for (String part : PARTS) {
            try (Stream<Path> content = Files.list(folder.resolve(part))) {
                content.map(path -> part + "/" + path.getFileName())
                        .filter(name -> !name.equals("l/0"))
                        .forEach(files::add);
            }
        }
        return files;
    }

    static Credentials password(String user, String password) {
        return new Credentials(user, password, null, null, null);
    }

    @Override
    public void close() throws IOException {
        transfers.close();
        store.close();
    }
}
