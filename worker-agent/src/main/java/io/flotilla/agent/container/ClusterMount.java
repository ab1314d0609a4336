package io.flotilla.agent.container;

import java.nio.file.Path;

/**
 * A cluster volume that is there for a task's mount.
 *
 * @param source of the mount as the service has it
 * @param target of the mount as the service has it
 * @param path on this host: its content, or its device
 * @param block it is a block device, not a file system
 */
public record ClusterMount(String source, String target, Path path, boolean block) {}
