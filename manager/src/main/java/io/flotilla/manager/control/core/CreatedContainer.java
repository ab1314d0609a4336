package io.flotilla.manager.control.core;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.ContainerInspectResponse;
import io.flotilla.bus.schema.ContainerInspectResponseBuilder;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.NetworkSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What `docker inspect` shows of a container its node has not made yet. */
final class CreatedContainer {
    private static final String NEVER = "0001-01-01T00:00:00Z";

    private CreatedContainer() {}

    static ContainerInspectResponse inspect(String id, ContainerRequest request, Image image, Instant now) {
        List<String> command = command(request.config(), image);
        return ContainerInspectResponseBuilder.builder()
                .id(id)
                .created(now)
                .path(command.isEmpty() ? "" : command.getFirst())
                .args(command.isEmpty() ? List.of() : command.subList(1, command.size()))
                .state(new ContainerState("created", false, false, false, false, false, 0L, 0L, "", NEVER, NEVER, null))
                .image(image.id())
                .name("/" + request.name())
                .restartCount(0L)
                .driver("overlay2")
                .platform("linux")
                .hostConfig(request.hostConfig())
                .config(request.config())
                .networkSettings(new NetworkSettings("", "", Map.of(), request.endpoints()))
                .build();
    }

    /** moby's runconfig merge: an entrypoint of one's own drops the image's command. */
    private static List<String> command(ContainerConfig config, Image image) {
        List<String> whole = new ArrayList<>();
        boolean own = config.entrypoint() != null;
        whole.addAll(or(config.entrypoint(), image, "Entrypoint"));
        boolean given = config.cmd() != null && !config.cmd().isEmpty();
        if (given || !own) {
            whole.addAll(given ? config.cmd() : or(null, image, "Cmd"));
        }
        return whole;
    }

    private static List<String> or(@Nullable List<String> given, Image image, String field) {
        if (given != null) {
            return given;
        }
        List<String> words = new ArrayList<>();
        for (JsonNode word : image.config().path("config").path(field)) {
            words.add(word.asText());
        }
        return words;
    }
}
