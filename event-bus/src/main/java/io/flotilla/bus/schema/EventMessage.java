package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * EventMessage represents the information an event contains.
 *
 * @param type The type of object emitting the event
 * @param action The type of event
 * @param actor Actor describes something that generates events, like a container, network, or a volume.
 * @param scope Scope of the event.
 * @param time Timestamp of event
 * @param timeNano Timestamp of event, with nanosecond accuracy
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record EventMessage(
        @Nullable String type,
        @Nullable String action,
        @Nullable EventActor actor,
        @JsonProperty("scope") @Nullable String scope,
        @JsonProperty("time") @Nullable Long time,
        @JsonProperty("timeNano") @Nullable Long timeNano)
        implements EventMessageBuilder.With {}
