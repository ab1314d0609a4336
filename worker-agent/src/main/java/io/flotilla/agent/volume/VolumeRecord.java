package io.flotilla.agent.volume;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a volume on disk beside its content.
 *
 * @param scope local or global
 * @param owner of an anonymous volume the container it was made for
 * @param target of an anonymous volume where that container mounts it
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record VolumeRecord(
        String name,
        String driver,
        String scope,
        Map<String, String> options,
        Map<String, String> labels,
        Instant createdAt,
        @Nullable String owner,
        @Nullable String target) {
    VolumeRecord {
        options = options == null ? Map.of() : Map.copyOf(options);
        labels = labels == null ? Map.of() : Map.copyOf(labels);
    }

    boolean isOf(String containerId, String at) {
        return containerId.equals(owner) && at.equals(target);
    }
}
