package io.flotilla.agent.image.archive;

/**
 * What one archive may take of this node.
 *
 * @param contentBytes of the archive's files, once the archive itself is uncompressed
 * @param entries members of the archive
 * @param metadataBytes of all manifests, indexes and configurations as often as they are read: they are held in memory
 * @param layers of one image
 */
public record ArchiveLimits(long contentBytes, int entries, int metadataBytes, int layers) {}
