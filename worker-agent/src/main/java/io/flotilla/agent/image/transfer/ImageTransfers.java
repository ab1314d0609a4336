package io.flotilla.agent.image.transfer;

import io.flotilla.agent.image.ImageLimits;
import io.flotilla.agent.image.ImageStore;
import io.flotilla.agent.image.registry.RegistryClient;
import io.flotilla.agent.image.registry.RegistryOptions;

/** All ways of a node's images from and to registries. Safe for concurrent use. */
public final class ImageTransfers implements AutoCloseable {
    private final RegistryClient registries;
    private final ImagePulls pulls;
    private final ImagePushes pushes;

    public ImageTransfers(ImageStore store, ImageLimits limits, RegistryOptions options) {
        registries = new RegistryClient(options);
        BlobSources sources = new BlobSources();
        pulls = new ImagePulls(registries, store, limits, sources);
        pushes = new ImagePushes(registries, store, sources);
    }

    public RegistryClient registries() {
        return registries;
    }

    public ImagePulls pulls() {
        return pulls;
    }

    public ImagePushes pushes() {
        return pushes;
    }

    /** Breaks off what is under way. */
    @Override
    public void close() {
        pulls.close();
        pushes.close();
        registries.close();
    }
}
