package io.flotilla.bus.node;

import java.util.List;

/**
 * One image of an archive that was loaded.
 *
 * @param id sha256:...
 * @param names complete references the archive gave it; may be empty
 */
public record LoadedImage(String id, List<String> names) {}
