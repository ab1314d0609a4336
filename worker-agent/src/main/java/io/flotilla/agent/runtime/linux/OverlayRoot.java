package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.spec.RuntimeSpec.Root;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The overlay mount of a container's root: its mount data, and the folder to stand in for paths in it that are relative.
 *
 * @param folder to change to before the mount; null when all paths are absolute
 */
record OverlayRoot(@Nullable Path folder, String data) {
    /** mount(2) takes one page of data, with its NUL. */
    private static final int MAX_DATA_BYTES = 4095;

    private static final String SEPARATORS = "[:,\\\\]";

    /** Many layers, or separators in a path, are mounted through short links in the container's run folder. */
    static OverlayRoot of(Root root, RunFolder runFolder, boolean indexOption) throws IOException {
        if (root.lower().isEmpty()) {
            throw new IOException("a root file system needs at least one layer");
        }
        var paths = new ArrayList<>(root.lower());
        paths.add(root.upper());
        paths.add(root.work());
        String direct = data(paths.stream().map(Path::toString).toList(), indexOption);
        boolean plain = paths.stream().noneMatch(path -> path.toString().split(SEPARATORS, -1).length > 1);
        if (plain && fits(direct)) {
            return new OverlayRoot(null, direct);
        }
        Path links = runFolder.linkTo(paths);
        String linked = data(
                IntStream.range(0, paths.size()).mapToObj(Integer::toString).toList(), indexOption);
        if (!fits(linked)) {
            throw new IOException("a root file system of " + root.lower().size()
                    + " layers: more than the kernel takes in one mount");
        }
        return new OverlayRoot(links, linked);
    }

    private static boolean fits(String data) {
        return data.getBytes(StandardCharsets.UTF_8).length <= MAX_DATA_BYTES;
    }

    /** @param paths lower layers from the top down, upper, work */
    private static String data(List<String> paths, boolean indexOption) {
        int layers = paths.size() - 2;
        return (indexOption ? "index=off," : "")
                + "lowerdir=" + paths.stream().limit(layers).collect(Collectors.joining(":"))
                + ",upperdir=" + paths.get(layers)
                + ",workdir=" + paths.get(layers + 1);
    }
}
