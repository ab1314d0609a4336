package io.flotilla.agent.image;

import java.nio.file.Path;
import java.util.List;

/** Folders for one overlay mount: layers from the top down, and the container's own upper and work folder. */
public record Snapshot(List<Path> lower, Path upper, Path work) {}
