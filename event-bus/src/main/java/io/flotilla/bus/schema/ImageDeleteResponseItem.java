package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The ImageDeleteResponseItem object of the Engine API.
 *
 * @param untagged The image ID of an image that was untagged
 * @param deleted The image ID of an image that was deleted
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ImageDeleteResponseItem(
        @Nullable String untagged, @Nullable String deleted) implements ImageDeleteResponseItemBuilder.With {}
