package io.flotilla.agent.image.registry;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.content.Blob;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.registry.ImageManifest.Part;
import io.flotilla.agent.image.registry.RegistryHttp.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One blob into one file. A transfer that breaks off goes on where it was, as long as each attempt brings something or few
 * enough in a row bring nothing; the whole is compared with size and digest. One thread.
 */
public final class BlobDownload {
    private static final int MAX_PIECES = 100;

    private final Repository repository;
    private final RegistryOptions options;
    private final Part part;
    private final byte[] buffer = new byte[64 * 1024];
    private final MessageDigest sum = Digest.sha256();
    private long haveBytes;

    /** Told while it goes on. */
    public interface Progress {
        void downloaded(long bytes);

        /** The transfer broke off and is taken up again after a pause. */
        void retrying(Duration pause);
    }

    BlobDownload(Repository repository, RegistryOptions options, Part part) {
        this.repository = repository;
        this.options = options;
        this.part = part;
    }

    /** @param file is made or replaced; what a failure leaves of it, the caller deletes */
    Blob to(Path file, Progress progress) throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            int idle = 0;
            Duration pause = options.firstRetry();
            for (int pieces = 1; ; pieces++) {
                long before = haveBytes;
                RegistryFailure broken = piece(out, progress);
                if (broken == null) {
                    break;
                }
                boolean moved = haveBytes > before;
                idle = moved ? 0 : idle + 1;
                pause = moved ? options.firstRetry() : pause.multipliedBy(2);
                if (idle >= options.attempts() || pieces == MAX_PIECES) {
                    throw broken;
                }
                progress.retrying(pause);
                Thread.sleep(pause);
            }
        }
        Digest actual = Digest.ofFinished(sum);
        if (!actual.equals(part.digest())) {
            throw new ImageRefused(
                    Reason.INVALID,
                    "filesystem layer verification failed for digest " + part.digest() + ": "
                            + repository.base().getAuthority() + " sent content with digest " + actual);
        }
        return new Blob(file, actual, haveBytes);
    }

    /** @return why it is not complete, null when it is */
    private @Nullable RegistryFailure piece(RandomAccessFile out, Progress progress)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        try (Answer answer = repository.openBlob(part.digest(), haveBytes)) {
            if (haveBytes > 0 && answer.status() != 206) {
                // it does not know ranges: from the beginning
                haveBytes = 0;
                sum.reset();
                out.setLength(0);
            }
            return copy(answer.body(), out, progress);
        } catch (RegistryFailure e) {
            if (e.reason() != RegistryFailure.Reason.UNREACHABLE) {
                throw e;
            }
            return e;
        }
    }

    private @Nullable RegistryFailure copy(InputStream body, RandomAccessFile out, Progress progress)
            throws IOException, ImageRefused {
        while (true) {
            int count;
            try {
                count = body.read(buffer);
            } catch (IOException e) {
                return new RegistryFailure(String.valueOf(e.getMessage()), e);
            }
            if (count < 0) {
                return haveBytes == part.sizeBytes()
                        ? null
                        : new RegistryFailure(
                                RegistryFailure.Reason.UNREACHABLE,
                                "",
                                repository.base().getAuthority() + ": blob " + part.digest() + " ends after "
                                        + haveBytes + " of " + part.sizeBytes() + " bytes");
            }
            if (haveBytes + count > part.sizeBytes()) {
                throw new ImageRefused(
                        Reason.INVALID,
                        "blob " + part.digest() + " is larger than the " + part.sizeBytes()
                                + " bytes its manifest says");
            }
            out.write(buffer, 0, count);
            sum.update(buffer, 0, count);
            haveBytes += count;
            progress.downloaded(haveBytes);
        }
    }
}
