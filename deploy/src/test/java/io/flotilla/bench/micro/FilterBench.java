package io.flotilla.bench.micro;

import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.query.Query;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The filters of a listing: read from a query in both encodings, and asked of 1,000 objects. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FilterBench {
    private static final Set<String> KEYS = Set.of("label", "name", "status");
    private static final int OBJECTS = 1_000;

    private final Query lists =
            query("{\"label\":[\"tier=web\"],\"name\":[\"^/web\"],\"status\":[\"running\",\"paused\"]}");
    private final Query maps = query(
            "{\"label\":{\"tier=web\":true},\"name\":{\"^/web\":true},\"status\":{\"running\":true,\"paused\":true}}");
    private final Filters filters = lists.filters(KEYS);
    private final List<Map<String, String>> labels = new ArrayList<>();

    public FilterBench() {
        for (int i = 0; i < OBJECTS; i++) {
            labels.add(Map.of("tier", i % 2 == 0 ? "web" : "db", "number", Integer.toString(i)));
        }
    }

    private static Query query(String filters) {
        return new Query(MultiMap.caseInsensitiveMultiMap().add("filters", filters));
    }

    @Benchmark
    public Filters parsedFromLists() {
        return lists.filters(KEYS);
    }

    @Benchmark
    public Filters parsedFromMaps() {
        return maps.filters(KEYS);
    }

    @Benchmark
    public int matchedAgainst1000() {
        int matched = 0;
        for (int i = 0; i < OBJECTS; i++) {
            if (filters.labelsMatch("label", labels.get(i)) && filters.match("name", "/web.%d".formatted(i))) {
                matched++;
            }
        }
        return matched;
    }
}
