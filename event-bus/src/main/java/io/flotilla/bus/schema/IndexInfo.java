package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * IndexInfo contains information about a registry.
 *
 * @param name Name of the registry, such as "docker.io".
 * @param mirrors List of mirrors, expressed as URIs.
 * @param secure Indicates if the registry is part of the list of insecure registries.
 * @param official Indicates whether this is an official registry (i.e., Docker Hub / docker.io)
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record IndexInfo(
        @Nullable String name,
        List<String> mirrors,
        @Nullable Boolean secure,
        @Nullable Boolean official) implements IndexInfoBuilder.With {
    public IndexInfo {
        mirrors = Frozen.list(mirrors);
    }
}
