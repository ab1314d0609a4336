/** The OCI distribution protocol: names, credentials, TLS, manifests, blobs in and out. Knows nothing of this node's images. */
@NullMarked
package io.flotilla.agent.image.registry;

import org.jspecify.annotations.NullMarked;
