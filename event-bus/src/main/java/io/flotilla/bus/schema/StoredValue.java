package io.flotilla.bus.schema;

import io.flotilla.bus.seal.Confidential;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A secret or a config: a named value, which never changes under its ID. One whose label {@link #VERSIONED} says so may get
 * a new value under its name: that is a further object, and the old one stays as superseded.
 */
public sealed interface StoredValue extends StoreObject permits Secret, Config {
    /** Label: a new value under the same name makes a new version. */
    String VERSIONED = "flotilla.versioned";

    /** Shown as a label of a versioned one: which version it is. */
    String VERSION = "flotilla.version";

    /** Shown as a label of an old version: the ID of the next. */
    String SUPERSEDED_BY = "flotilla.superseded-by";

    /** How a value's template may be written. */
    String TEMPLATING = "golang";

    String name();

    Map<String, String> labels();

    /** Null on flotilla.objects only. */
    Confidential.@Nullable Sealed value();

    @Nullable
    Driver templating();

    /** From 1 on, of those with the same name. */
    long valueVersion();

    /** The ID of the next version; null of the present one. */
    @Nullable
    String supersededBy();

    StoredValue relabelled(Map<String, String> labels, Instant now);

    StoredValue superseded(String by, Instant now);

    StoredValue numbered(long version);

    /** As the topics have it. */
    StoredValue withoutValue();

    default boolean isVersioned() {
        return "true".equals(labels().get(VERSIONED));
    }

    /** What a value of the name is sealed for. */
    static String context(ObjectKind kind, String name) {
        return kind.key(name);
    }
}
