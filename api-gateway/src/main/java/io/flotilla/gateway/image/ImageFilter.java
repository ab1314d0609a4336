package io.flotilla.gateway.image;

import io.flotilla.bus.schema.Image;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.query.Timestamps;
import io.flotilla.gateway.view.ClusterImage;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;

/** Which images a list shows. */
final class ImageFilter {
    static final Set<String> KEYS = Set.of("before", "dangling", "label", "label!", "reference", "since", "until");

    private ImageFilter() {}

    /** The newest first. A reference filter also leaves only the names that match. */
    static List<Image> select(ClusterImage cluster, Filters filters) {
        List<Predicate<Image>> tests = new ArrayList<>();
        filters.each("before", name -> {
            Instant limit = ImageView.created(ImageLookup.find(cluster, name).image());
            tests.add(image -> ImageView.created(image).isBefore(limit));
        });
        filters.each("since", name -> {
            Instant limit = ImageView.created(ImageLookup.find(cluster, name).image());
            tests.add(image -> ImageView.created(image).isAfter(limit));
        });
        filters.each("until", time -> {
            Instant limit = Instant.ofEpochSecond(0, Timestamps.nanos(time));
            tests.add(image -> ImageView.created(image).isBefore(limit));
        });
        if (filters.contains("dangling")) {
            boolean dangling = filters.flag("dangling", false);
            tests.add(image -> image.repoTags().isEmpty() == dangling);
        }
        return cluster.images().stream()
                .filter(ImageLookup::present)
                .filter(image -> tests.stream().allMatch(test -> test.test(image)))
                .filter(image -> filters.labelsMatch("label", ImageView.labels(image)))
                .filter(image ->
                        filters.get("label!").isEmpty() || !filters.labelsMatch("label!", ImageView.labels(image)))
                .map(image -> withMatchingNames(image, filters.get("reference")))
                .filter(image -> filters.get("reference").isEmpty()
                        || !image.repoTags().isEmpty()
                        || !image.repoDigests().isEmpty())
                .sorted(Comparator.comparing(ImageView::created).reversed().thenComparing(Image::id))
                .toList();
    }

    private static Image withMatchingNames(Image image, Set<String> patterns) {
        if (patterns.isEmpty()) {
            return image;
        }
        return image.withRepoTags(matching(image.repoTags(), patterns))
                .withRepoDigests(matching(image.repoDigests(), patterns));
    }

    private static List<String> matching(List<String> names, Set<String> patterns) {
        return names.stream()
                .filter(name -> patterns.stream().anyMatch(pattern -> matches(pattern, name)))
                .toList();
    }

    // reference.FamiliarMatch: the shell pattern fits the whole name, or the name without tag and digest
    private static boolean matches(String pattern, String name) {
        try {
            PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
            return matcher.matches(Path.of(name))
                    || matcher.matches(Path.of(ImageName.parse(name).repository()));
        } catch (PatternSyntaxException e) {
            return false;
        }
    }
}
