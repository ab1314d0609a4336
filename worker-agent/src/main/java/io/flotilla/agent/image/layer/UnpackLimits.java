package io.flotilla.agent.image.layer;

/**
 * What the layers of one image archive may take of this node.
 *
 * @param unpackedBytes of all layers it adds: of the uncompressed tar streams, and of the files with the holes of sparse ones
 * @param entries members of one layer
 */
public record UnpackLimits(long unpackedBytes, int entries) {

    /** What is left after a layer of that size. */
    public UnpackLimits without(long layerBytes) {
        return new UnpackLimits(Math.max(0, unpackedBytes - layerBytes), entries);
    }
}
