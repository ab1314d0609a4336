package io.flotilla.bus.node;

/**
 * One volume's part of `docker system df`.
 *
 * @param sizeBytes of its content; -1 where the driver does not tell
 * @param refCount containers of the node that reference it
 */
public record VolumeUsage(String name, long sizeBytes, int refCount) {}
