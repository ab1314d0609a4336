package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Response of Engine API: GET "/version"
 *
 * @param components Information about system components
 * @param version The version of the daemon
 * @param apiVersion The default (and highest) API version that is supported by the daemon
 * @param minAPIVersion The minimum API version that is supported by the daemon
 * @param gitCommit The Git commit of the source code that was used to build the daemon
 * @param goVersion The version Go used to compile the daemon, and the version of the Go runtime in use.
 * @param os The operating system that the daemon is running on ("linux" or "windows")
 * @param arch Architecture of the daemon, as returned by the Go runtime ({@code GOARCH}).
 * @param kernelVersion The kernel version ({@code uname -r}) that the daemon is running on.
 * @param experimental Indicates if the daemon is started with experimental features enabled.
 * @param buildTime The date and time that the daemon was compiled.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record SystemVersion(
        @Nullable Platform platform,
        List<Component> components,
        @Nullable String version,
        @Nullable String apiVersion,
        @Nullable String minAPIVersion,
        @Nullable String gitCommit,
        @Nullable String goVersion,
        @Nullable String os,
        @Nullable String arch,
        @Nullable String kernelVersion,
        @Nullable Boolean experimental,
        @Nullable String buildTime)
        implements SystemVersionBuilder.With {
    public SystemVersion {
        components = Frozen.list(components);
    }

    /**
     * The Platform object of the Engine API.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record Platform(@Nullable String name) implements SystemVersionPlatformBuilder.With {}

    /**
     * The Component object of the Engine API.
     *
     * @param name Name of the component
     * @param version Version of the component
     * @param details Key/value pairs of strings with additional information about the component.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record Component(@Nullable String name, @Nullable String version, Map<String, Object> details)
            implements SystemVersionComponentBuilder.With {
        public Component {
            details = Frozen.map(details);
        }
    }
}
