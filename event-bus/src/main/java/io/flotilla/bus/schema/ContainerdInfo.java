package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Information for connecting to the containerd instance that is used by the daemon.
 *
 * @param address The address of the containerd socket.
 * @param namespaces The namespaces that the daemon uses for running containers and plugins in containerd.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ContainerdInfo(
        @Nullable String address, @Nullable Namespaces namespaces) implements ContainerdInfoBuilder.With {

    /**
     * The namespaces that the daemon uses for running containers and plugins in containerd.
     *
     * @param containers The default containerd namespace used for containers managed by the daemon.
     * @param plugins The default containerd namespace used for plugins managed by the daemon.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record Namespaces(
            @Nullable String containers, @Nullable String plugins) implements ContainerdInfoNamespacesBuilder.With {}
}
