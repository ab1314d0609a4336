package io.flotilla.agent.image.registry;

import java.util.List;
import java.util.Set;

/** The media types of image manifests: Docker's schema 2 and OCI's. */
public final class MediaTypes {
    public static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";
    public static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    public static final String OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
    public static final String DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
    public static final String DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
    public static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
    public static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    static final List<String> MANIFESTS = List.of(DOCKER_MANIFEST, DOCKER_LIST, OCI_MANIFEST, OCI_INDEX);
    static final Set<String> INDEXES = Set.of(OCI_INDEX, DOCKER_LIST);
    static final Set<String> IMAGES = Set.of(OCI_MANIFEST, DOCKER_MANIFEST);
    /** Old tools gave configurations no type of their own. */
    static final Set<String> CONFIGS = Set.of(OCI_CONFIG, DOCKER_CONFIG, "application/octet-stream", "text/html", "");

    private MediaTypes() {}
}
