package io.flotilla.gateway.event;

import io.flotilla.bus.schema.EventActor;
import io.flotilla.bus.schema.EventMessage;
import io.flotilla.gateway.query.Filters;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Which events a client wants: daemon/events/filter.go. Keys it does not know are ignored, as dockerd does. */
record EventFilter(Filters filters) {
    private static final List<String> BY_ACTOR =
            List.of("container", "daemon", "plugin", "volume", "network", "node", "service", "secret", "config");

    boolean includes(EventMessage event) {
        EventActor actor = Objects.requireNonNullElse(event.actor(), new EventActor("", Map.of()));
        String id = Objects.requireNonNullElse(actor.id(), "");
        String name = actor.attributes().getOrDefault("name", "");
        return actionMatches(Objects.requireNonNullElse(event.action(), ""))
                && filters.exactMatch("type", Objects.requireNonNullElse(event.type(), ""))
                && filters.exactMatch("scope", Objects.requireNonNullElse(event.scope(), "local"))
                && BY_ACTOR.stream().allMatch(key -> filters.fuzzyMatch(key, id) || filters.fuzzyMatch(key, name))
                && imageMatches(event, id, name, actor)
                && filters.labelsMatch("label", actor.attributes());
    }

    // "health_status: healthy" is also found as "health_status"
    private boolean actionMatches(String action) {
        int colon = action.indexOf(':');
        return filters.exactMatch("event", action)
                || (colon > 0 && filters.exactMatch("event", action.substring(0, colon)));
    }

    private boolean imageMatches(EventMessage event, String id, String name, EventActor actor) {
        String image = "image".equals(event.type()) ? name : actor.attributes().getOrDefault("image", "");
        return filters.exactMatch("image", id)
                || filters.exactMatch("image", image)
                || filters.exactMatch("image", withoutTag(image));
    }

    private static String withoutTag(String image) {
        int colon = image.lastIndexOf(':');
        return colon > image.lastIndexOf('/') ? image.substring(0, colon) : image;
    }
}
