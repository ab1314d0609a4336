package io.flotilla.agent.image.content;

import java.nio.file.Path;

/** Content in a file of this node, with what was computed while it was written. */
public record Blob(Path file, Digest digest, long sizeBytes) {}
