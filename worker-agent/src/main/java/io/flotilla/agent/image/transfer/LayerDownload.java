package io.flotilla.agent.image.transfer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.ImageAssembly;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.LayerProgress;
import io.flotilla.agent.image.LayerProgress.Told;
import io.flotilla.agent.image.archive.ArchivedImage;
import io.flotilla.agent.image.content.Blob;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.registry.BlobDownload;
import io.flotilla.agent.image.registry.ImageManifest.Part;
import io.flotilla.agent.image.registry.RegistryFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One layer on its way from a registry into the store, for all pulls that want it. Downloaded on one pool and unpacked on the
 * other; ended when it is in the store, has failed, or nobody wants it any more. What it has added stays until its last user
 * has left, and so has taken hold of it. A failure is told when its files are gone; a layer given up in the middle of its
 * work is gone when the thread at work has noticed.
 */
final class LayerDownload {
    private static final Logger LOG = Logger.getLogger(LayerDownload.class);
    private static final long STEP_BYTES = 256 * 1024;

    private final Part part;
    private final Digest diffId;
    private final Steps steps;
    private final List<Consumer<ObjectNode>> watchers = new ArrayList<>();
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private @Nullable ObjectNode last;
    private int users;
    private boolean ended;
    private boolean failed;
    /** A thread is at work in the assembly. */
    private boolean working;

    private @Nullable Future<?> stage;
    private @Nullable ImageAssembly assembly;

    /** What surrounds the download. */
    interface Steps {
        ImageAssembly assemble() throws IOException;

        Blob fetch(Part part, Path file, BlobDownload.Progress progress)
                throws IOException, RegistryFailure, ImageRefused, InterruptedException;

        UnpackBudget budget();

        ExecutorService downloads();

        ExecutorService unpacks();

        /** The download has ended: the next who wants the layer begins anew. */
        void over(LayerDownload download);
    }

    LayerDownload(Part part, Digest diffId, Steps steps) {
        this.part = part;
        this.diffId = diffId;
        this.steps = steps;
    }

    Digest diffId() {
        return diffId;
    }

    /** @return false when it has ended */
    synchronized boolean join(Consumer<ObjectNode> watcher) {
        if (ended) {
            return false;
        }
        users++;
        watchers.add(watcher);
        ObjectNode latest = last;
        if (latest != null) {
            watcher.accept(latest);
        }
        return true;
    }

    /** To be called once by whoever joined; without users it ends, and who wants the layer then begins anew. */
    void leave(Consumer<ObjectNode> watcher) {
        ImageAssembly unused;
        synchronized (this) {
            users--;
            watchers.remove(watcher);
            if (users > 0) {
                return;
            }
            if (!ended && stage != null) {
                stage.cancel(true);
            }
            ended = true;
            unused = takeUnused();
        }
        steps.over(this);
        close(unused);
    }

    /** Returns when the layer is in the store. */
    void await() throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        try {
            done.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RegistryFailure failure -> throw failure;
                case ImageRefused refused -> throw refused;
                case IOException io -> throw io;
                case null, default -> throw new IllegalStateException("layer " + diffId, e.getCause());
            }
        }
    }

    void begin() {
        tell(LayerProgress.message("Pulling fs layer", id()));
        run(steps.downloads(), this::download);
    }

    private interface Stage {
        /** @return what is to be done on the pool for unpacking; null when the layer is in the store */
        @Nullable
        Stage run() throws IOException, RegistryFailure, ImageRefused, InterruptedException;
    }

    private void run(ExecutorService on, Stage work) {
        try {
            synchronized (this) {
                if (!ended) {
                    stage = on.submit(() -> runStage(work));
                }
            }
        } catch (RejectedExecutionException full) {
            end(new IOException("too many layers wait to be pulled", full));
        }
    }

    private void runStage(Stage work) {
        synchronized (this) {
            if (ended) {
                return;
            }
            working = true;
        }
        Stage next = null;
        Exception failure = null;
        try {
            next = work.run();
        } catch (IOException | RegistryFailure | ImageRefused | RuntimeException e) {
            failure = e;
        } catch (InterruptedException e) {
            failure = new CancellationException("nobody wants the layer any more");
        }
        ImageAssembly unused;
        synchronized (this) {
            working = false;
            unused = takeUnused();
        }
        close(unused);
        if (next == null) {
            end(failure);
        } else {
            run(steps.unpacks(), next);
        }
    }

    private Stage download() throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        ImageAssembly own = steps.assemble();
        synchronized (this) {
            assembly = own;
        }
        Blob blob = steps.fetch(part, own.folder().resolve("blob"), new StepsTold());
        tell(LayerProgress.message("Verifying Checksum", id()));
        tell(LayerProgress.message("Download complete", id()));
        return () -> unpack(own, blob);
    }

    private @Nullable Stage unpack(ImageAssembly own, Blob blob) throws IOException, ImageRefused {
        if (!own.has(diffId)) {
            UnpackBudget budget = steps.budget();
            budget.took(own.add(
                    new ArchivedImage.Layer(diffId, blob), budget.left(), new Told("Extracting", id(), this::tell)));
        }
        tell(LayerProgress.message("Pull complete", id()));
        return null;
    }

    private void end(@Nullable Exception failure) {
        ImageAssembly unused;
        synchronized (this) {
            ended = true;
            failed = failure != null;
            unused = takeUnused();
        }
        steps.over(this);
        close(unused);
        if (failure == null) {
            done.complete(null);
        } else {
            done.completeExceptionally(failure);
        }
    }

    /** The assembly, once, when it has ended, nobody is at work in it and no user has yet to take hold of what it holds. */
    private synchronized @Nullable ImageAssembly takeUnused() {
        if (!ended || working || (users > 0 && !failed)) {
            return null;
        }
        ImageAssembly unused = assembly;
        assembly = null;
        return unused;
    }

    private void close(@Nullable ImageAssembly unused) {
        if (unused == null) {
            return;
        }
        try {
            unused.close();
        } catch (IOException e) {
            LOG.warnf("files of layer %s stay until the next start: %s", diffId, e.getMessage());
        }
    }

    private synchronized void tell(ObjectNode message) {
        last = message;
        watchers.forEach(watcher -> watcher.accept(message));
    }

    private String id() {
        return part.digest().shortHex();
    }

    /** Messages a quarter of a MiB apart. */
    private final class StepsTold implements BlobDownload.Progress {
        private long toldBytes;

        @Override
        public void downloaded(long bytes) {
            if (bytes - toldBytes >= STEP_BYTES || bytes == part.sizeBytes() || bytes < toldBytes) {
                toldBytes = bytes;
                tell(LayerProgress.message("Downloading", id(), bytes, part.sizeBytes()));
            }
        }

        @Override
        public void retrying(Duration pause) {
            long seconds = Math.max(1, pause.toSeconds());
            tell(LayerProgress.message("Retrying in " + seconds + (seconds == 1 ? " second" : " seconds"), id()));
        }
    }
}
