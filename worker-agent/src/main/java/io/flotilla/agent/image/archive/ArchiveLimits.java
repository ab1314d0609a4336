package io.flotilla.agent.image.archive;

/**
 * What one archive may take of this node.
 *
 * @param contentBytes of the archive's files, once the archive itself is uncompressed
 * @param entries members of the archive
 * @param metadataBytes of one manifest, index or configuration, which are held in memory
 * @param layers of one image
 */
public record ArchiveLimits(long contentBytes, int entries, int metadataBytes, int layers) {}
