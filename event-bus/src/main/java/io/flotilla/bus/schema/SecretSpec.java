package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The SecretSpec object of the Engine API.
 *
 * @param name User-defined name of the secret.
 * @param labels User-defined key/value metadata.
 * @param data base64 of the value, in a client's request only: the state has it sealed, apart from the spec
 * @param driver Name of the secrets driver used to fetch the secret's value from an external secret store.
 * @param templating Templating driver, if applicable.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record SecretSpec(
        @Nullable String name,
        Map<String, String> labels,
        @Nullable String data,
        @Nullable Driver driver,
        @Nullable Driver templating)
        implements SecretSpecBuilder.With {
    public SecretSpec {
        labels = Frozen.map(labels);
    }
}
