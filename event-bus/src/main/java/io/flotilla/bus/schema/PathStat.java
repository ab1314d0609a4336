package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.Instant;

/**
 * A file of a container, as the header X-Docker-Container-Path-Stat has it in base64.
 *
 * @param mode as Go's os.FileMode: permissions, and its own bits for the type, set-user-ID, set-group-ID and sticky
 * @param linkTarget where a symbolic link leads in the container, all links followed; empty for others
 */
@JsonNaming(PropertyNamingStrategies.LowerCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record PathStat(String name, long size, long mode, Instant mtime, String linkTarget) {}
