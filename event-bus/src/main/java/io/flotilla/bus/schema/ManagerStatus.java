package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * ManagerStatus represents the status of a manager.
 *
 * @param reachability Reachability represents the reachability of a node.
 * @param addr The IP address and port at which the manager is reachable.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ManagerStatus(
        @Nullable Boolean leader,
        @Nullable Reachability reachability,
        @Nullable String addr) implements ManagerStatusBuilder.With {}
