package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * individual image layer information in response to ImageHistory operation
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ImageHistoryResponseItem(
        @Nullable String id,
        @Nullable Long created,
        @Nullable String createdBy,
        List<String> tags,
        @Nullable Long size,
        @Nullable String comment)
        implements ImageHistoryResponseItemBuilder.With {
    public ImageHistoryResponseItem {
        tags = Frozen.list(tags);
    }
}
