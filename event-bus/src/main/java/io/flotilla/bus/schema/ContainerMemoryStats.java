package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Aggregates all memory stats since container inception on Linux.
 *
 * @param usage Current {@code res_counter} usage for memory.
 * @param maxUsage Maximum usage ever recorded.
 * @param stats All the stats exported via memory.stat.
 * @param failcnt Number of times memory usage hits limits.
 * @param limit This field is Linux-specific and omitted for Windows containers.
 * @param commitbytes Committed bytes.
 * @param commitpeakbytes Peak committed bytes.
 * @param privateworkingset Private working set.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ContainerMemoryStats(
        @JsonProperty("usage") @Nullable Long usage,
        @JsonProperty("max_usage") @Nullable Long maxUsage,
        @JsonProperty("stats") Map<String, Long> stats,
        @JsonProperty("failcnt") @Nullable Long failcnt,
        @JsonProperty("limit") @Nullable Long limit,
        @JsonProperty("commitbytes") @Nullable Long commitbytes,
        @JsonProperty("commitpeakbytes") @Nullable Long commitpeakbytes,
        @JsonProperty("privateworkingset") @Nullable Long privateworkingset)
        implements ContainerMemoryStatsBuilder.With {
    public ContainerMemoryStats {
        stats = Frozen.map(stats);
    }
}
