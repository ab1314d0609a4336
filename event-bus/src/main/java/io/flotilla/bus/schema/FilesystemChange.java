package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/** Change in the container's filesystem. @param path Path to file or directory that has changed. */
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record FilesystemChange(String path, Kind kind) {

    /** A number on the wire. */
    public enum Kind {
        /** "C" */
        MODIFIED,
        /** "A" */
        ADDED,
        /** "D" */
        DELETED;

        @JsonValue
        int number() {
            return ordinal();
        }
    }
}
