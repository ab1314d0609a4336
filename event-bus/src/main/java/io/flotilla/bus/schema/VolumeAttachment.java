package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * Which cluster volume a task has for one of its mounts.
 *
 * @param id of the {@link SwarmVolume}
 * @param source of the mount: the volume's name, or {@code group:} and a group
 * @param target of the mount: the path in the container
 */
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record VolumeAttachment(@JsonProperty("ID") String id, String source, String target) {
    /** What the source begins with that names a group in place of a volume. */
    public static final String GROUP = "group:";
}
