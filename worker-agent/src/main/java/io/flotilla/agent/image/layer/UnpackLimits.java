package io.flotilla.agent.image.layer;

/**
 * What one layer may take of this node.
 *
 * @param unpackedBytes of the uncompressed tar stream, and of the files with the holes of sparse ones
 * @param entries members of the tar
 */
public record UnpackLimits(long unpackedBytes, int entries) {}
