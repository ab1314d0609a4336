package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runtime describes an OCI compliant runtime.
 *
 * @param path Name and, optional, path, of the OCI executable binary.
 * @param runtimeArgs List of command-line arguments to pass to the runtime when invoked.
 * @param status Information specific to the runtime.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record Runtime(
        @JsonProperty("path") @Nullable String path,
        @JsonProperty("runtimeArgs") List<String> runtimeArgs,
        @JsonProperty("status") Map<String, String> status)
        implements RuntimeBuilder.With {
    public Runtime {
        runtimeArgs = Frozen.list(runtimeArgs);
        status = Frozen.map(status);
    }
}
