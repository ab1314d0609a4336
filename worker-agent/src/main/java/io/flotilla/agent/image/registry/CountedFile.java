package io.flotilla.agent.image.registry;

import io.flotilla.agent.image.registry.RegistryHttp.Sent;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/** A file on its way into a request, which tells how far it has come. */
final class CountedFile extends FilterInputStream {
    private final AtomicLong read;
    private final LongConsumer sent;

    private CountedFile(InputStream in, AtomicLong read, LongConsumer sent) {
        super(in);
        this.read = read;
        this.sent = sent;
    }

    static Sent sent(Path file, long sizeBytes, LongConsumer sent) {
        AtomicLong read = new AtomicLong();
        return new Sent(
                BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(() -> open(file, read, sent)), sizeBytes),
                read::get);
    }

    private static InputStream open(Path file, AtomicLong read, LongConsumer sent) {
        try {
            return new CountedFile(Files.newInputStream(file), read, sent);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        int count = super.read(into, offset, length);
        if (count > 0) {
            sent.accept(read.addAndGet(count));
        }
        return count;
    }
}
