package io.flotilla.agent.image.layer;

/**
 * @param sizeBytes of the regular files' content
 * @param hidesLower the layer's own root is opaque: nothing of the layers below it shows
 */
public record UnpackedLayer(long sizeBytes, boolean hidesLower) {}
