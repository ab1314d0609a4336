package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.flotilla.bus.seal.Confidential;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The Config object of the Engine API.
 *
 * @param spec without data
 * @param value null on flotilla.objects; not part of the Engine API
 * @param valueVersion from 1 on, of those with the same name; not part of the Engine API
 * @param supersededBy ID of the next version, null of the present one; not part of the Engine API
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Config(
        @JsonProperty("ID") String id,
        ObjectVersion version,
        Instant createdAt,
        Instant updatedAt,
        ConfigSpec spec,
        Confidential.@Nullable Sealed value,
        long valueVersion,
        @Nullable String supersededBy)
        implements ConfigBuilder.With, StoredValue {
    @Override
    public ObjectKind kind() {
        return ObjectKind.CONFIG;
    }

    @Override
    public Config stamped(ObjectVersion committed) {
        return withVersion(committed);
    }

    @Override
    public String name() {
        return Objects.requireNonNullElse(spec.name(), "");
    }

    @Override
    public Map<String, String> labels() {
        return spec.labels();
    }

    @Override
    public @Nullable Driver templating() {
        return spec.templating();
    }

    @Override
    public Config relabelled(Map<String, String> labels, Instant now) {
        return withSpec(spec.withLabels(labels)).withUpdatedAt(now);
    }

    @Override
    public Config superseded(String by, Instant now) {
        return withSupersededBy(by).withUpdatedAt(now);
    }

    @Override
    public Config numbered(long number) {
        return withValueVersion(number);
    }

    @Override
    public Config withoutValue() {
        return withValue(null);
    }

    @Override
    @JsonIgnore
    public boolean isVersioned() {
        return StoredValue.super.isVersioned();
    }
}
