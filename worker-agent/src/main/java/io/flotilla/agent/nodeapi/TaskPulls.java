package io.flotilla.agent.nodeapi;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.registry.Credentials;
import io.flotilla.agent.image.registry.ImagePlatform;
import io.flotilla.agent.image.registry.RegistryFailure;
import io.flotilla.agent.image.registry.RegistryReference;
import io.flotilla.agent.image.transfer.ImagePulls;
import io.flotilla.agent.image.transfer.ImageTransfers;
import io.flotilla.agent.reconcile.ImageInventory;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Pulls what tasks need and no node has. */
public final class TaskPulls implements ImageInventory.Registries {
    private final ImageTransfers transfers;

    public TaskPulls(ImageTransfers transfers) {
        this.transfers = transfers;
    }

    @Override
    public ImageInventory.Pulled pull(String reference, @Nullable String registryAuth)
            throws IOException, ImageRefused, InterruptedException {
        RegistryReference parsed = RegistryReference.parse(reference);
        if (parsed.tag() == null && parsed.digest() == null) {
            parsed = parsed.withTag("latest");
        }
        try {
            ImagePulls.Pulled pulled = transfers
                    .pulls()
                    .pull(parsed, ImagePlatform.ofThisMachine(), credentials(registryAuth), progress -> {});
            return new ImageInventory.Pulled(pulled.image(), pulled.names(), List.of(parsed.pinned(pulled.digest())));
        } catch (RegistryFailure e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static Credentials credentials(@Nullable String registryAuth) throws ImageRefused {
        if (registryAuth == null || registryAuth.isEmpty()) {
            return Credentials.NONE;
        }
        try {
            return Credentials.parse(Base64.getUrlDecoder().decode(registryAuth));
        } catch (IllegalArgumentException e) {
            throw new ImageRefused(Reason.INVALID, "invalid X-Registry-Auth: not base64url");
        }
    }
}
