package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The Placement object of the Engine API.
 *
 * @param constraints An array of constraint expressions to limit the set of nodes where a task can be scheduled.
 * @param preferences Preferences provide a way to make the scheduler aware of factors such as topology.
 * @param maxReplicas Maximum number of replicas for per node (default value is 0, which is unlimited)
 * @param platforms Platforms stores all the platforms that the service's image can run on.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Placement(
        List<String> constraints,
        List<Preference> preferences,
        @Nullable Long maxReplicas,
        List<Platform> platforms) implements PlacementBuilder.With {
    public Placement {
        constraints = Frozen.list(constraints);
        preferences = Frozen.list(preferences);
        platforms = Frozen.list(platforms);
    }

    /**
     * The Preference object of the Engine API.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Preference(@Nullable Spread spread) implements PlacementPreferenceBuilder.With {

        /**
         * The Spread object of the Engine API.
         *
         * @param spreadDescriptor label descriptor, such as {@code engine.labels.az}.
         */
        @RecordBuilder
        @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        public record Spread(@Nullable String spreadDescriptor) implements PlacementPreferenceSpreadBuilder.With {}
    }
}
