package io.flotilla.gateway.container;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.MountPoint;
import io.flotilla.bus.schema.PortSummary;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.image.ImageLookup;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Endpoints;
import io.flotilla.gateway.view.Lookup;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/** Which containers a list shows: daemon/list.go. */
final class ContainerFilter {
    static final Set<String> KEYS = Set.of(
            "ancestor",
            "before",
            "expose",
            "exited",
            "health",
            "id",
            "isolation",
            "is-task",
            "label",
            "name",
            "network",
            "publish",
            "since",
            "status",
            "volume");

    private static final Set<String> STATUSES =
            Set.of("created", "running", "paused", "restarting", "removing", "exited", "dead");
    private static final Set<String> HEALTH = Set.of("none", "starting", "healthy", "unhealthy");
    private static final Comparator<Container> NEWEST_FIRST =
            Comparator.comparing(ContainerFilter::created).reversed().thenComparing(Container::id);

    private final ClusterImage image;
    private final Filters filters;
    private final List<Predicate<Container>> tests = new ArrayList<>();

    private ContainerFilter(ClusterImage image, Filters filters) {
        this.image = image;
        this.filters = filters;
    }

    /** @param limit the newest so many of all states, 0 or less: no limit */
    static List<Container> select(ClusterImage image, Filters filters, boolean all, int limit) {
        ContainerFilter filter = new ContainerFilter(image, filters);
        filter.prepare();
        boolean anyState = all || limit > 0 || !filters.get("status").isEmpty();
        return image.containers().stream()
                .filter(container -> anyState || ContainerView.running(container))
                .filter(container -> filter.tests.stream().allMatch(test -> test.test(container)))
                .sorted(NEWEST_FIRST)
                .limit(limit > 0 ? limit : Long.MAX_VALUE)
                .toList();
    }

    private void prepare() {
        var _ = filters.requireOneOf("status", STATUSES).requireOneOf("health", HEALTH);
        when("id", () -> container -> filters.match("id", container.id()));
        when("name", () -> this::nameMatches);
        when("label", () -> container -> filters.labelsMatch("label", labels(container)));
        when("status", () -> container -> filters.exactMatch("status", ContainerView.status(container)));
        when("health", () -> container -> filters.exactMatch("health", health(container)));
        when("isolation", () -> container -> filters.exactMatch("isolation", "default"));
        when("is-task", () -> {
            boolean wanted = filters.flag("is-task", false);
            return container -> (container.taskId() != null) == wanted;
        });
        when("exited", () -> {
            Set<Long> codes = new HashSet<>();
            filters.each("exited", code -> codes.add(exitCode(code)));
            return container -> !ContainerView.running(container) && codes.contains(ContainerView.exitCode(container));
        });
        when("before", () -> relative("before", (created, limit) -> created.isBefore(limit)));
        when("since", () -> relative("since", (created, limit) -> created.isAfter(limit)));
        when("ancestor", this::ancestor);
        when("network", () -> this::onNetwork);
        when("volume", () -> this::hasVolume);
        when("publish", () -> ports("publish", PortSummary::publicPort));
        when("expose", () -> ports("expose", PortSummary::privatePort));
    }

    private void when(String key, java.util.function.Supplier<Predicate<Container>> test) {
        if (!filters.get(key).isEmpty()) {
            tests.add(test.get());
        }
    }

    private boolean nameMatches(Container container) {
        String name = Lookup.nameOf(container);
        return filters.match("name", name) || filters.match("name", name.substring(1));
    }

    private static long exitCode(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new ApiException(400, "invalid filter 'exited=" + text + "'", e);
        }
    }

    private Predicate<Container> relative(String key, java.util.function.BiPredicate<Instant, Instant> order) {
        List<Instant> limits = new ArrayList<>();
        filters.each(key, name -> limits.add(created(Lookup.container(image, name))));
        return container -> limits.stream().allMatch(limit -> order.test(created(container), limit));
    }

    // an image nobody has is no error, it just has no containers
    private Predicate<Container> ancestor() {
        Set<String> ids = new HashSet<>();
        filters.each("ancestor", name -> {
            try {
                ids.add(ImageLookup.find(image, name).image().id());
            } catch (ApiException e) {
                ids.add("");
            }
        });
        return container ->
                ids.contains(Objects.requireNonNullElse(container.inspect().image(), "none"));
    }

    private boolean onNetwork(Container container) {
        return Endpoints.of(container, image).entrySet().stream()
                .anyMatch(entry -> filters.exactMatch("network", entry.getKey())
                        || filters.exactMatch(
                                "network",
                                Objects.requireNonNullElse(entry.getValue().networkId(), "")));
    }

    private boolean hasVolume(Container container) {
        return container.inspect().mounts().stream().anyMatch(this::isWanted);
    }

    private boolean isWanted(MountPoint mount) {
        return filters.exactMatch("volume", Objects.requireNonNullElse(mount.name(), ""))
                || filters.exactMatch("volume", Objects.requireNonNullElse(mount.destination(), ""));
    }

    private Predicate<Container> ports(String key, Function<PortSummary, ? extends Integer> portOf) {
        List<PortRange> ranges = new ArrayList<>();
        filters.each(key, value -> ranges.add(PortRange.parse(key, value)));
        return container -> {
            var settings = container.inspect().networkSettings();
            return settings != null
                    && ContainerView.ports(settings.ports()).stream().anyMatch(port -> ranges.stream()
                            .anyMatch(range -> range.includes(portOf.apply(port), port.type())));
        };
    }

    private static Map<String, String> labels(Container container) {
        var config = container.inspect().config();
        return config == null ? Map.of() : config.labels();
    }

    private static String health(Container container) {
        ContainerState state = container.inspect().state();
        return state == null || state.health() == null
                ? "none"
                : Objects.requireNonNullElse(state.health().status(), "none");
    }

    static Instant created(Container container) {
        return Objects.requireNonNullElse(container.inspect().created(), container.createdAt());
    }
}
