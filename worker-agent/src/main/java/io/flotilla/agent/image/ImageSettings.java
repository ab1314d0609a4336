package io.flotilla.agent.image;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.codec.JsonText;
import io.flotilla.bus.schema.ImageConfig;

/** What an image says of its containers: {@code config} of an OCI image configuration, which anyone may have written. */
public final class ImageSettings {
    /** As in Go, a null within a list or a map is a zero value. */
    private static final ObjectMapper MAPPER = ((JsonMapper) Codec.JSON.mapper())
            .rebuild()
            .defaultSetterInfo(JsonSetter.Value.forContentNulls(Nulls.AS_EMPTY))
            .build();

    private ImageSettings() {}

    /** @throws ImageRefused a value is of another type than the specification's, or no process could be given it */
    public static ImageConfig of(ObjectNode configuration) throws ImageRefused {
        JsonNode config = configuration.path("config");
        try {
            if (JsonText.hasNul(MAPPER.writeValueAsBytes(config))) {
                throw unusable("it has a NUL character");
            }
            return MAPPER.treeToValue(config.isObject() ? config : MAPPER.createObjectNode(), ImageConfig.class);
        } catch (JsonProcessingException e) {
            throw unusable(e.getOriginalMessage());
        }
    }

    private static ImageRefused unusable(String why) {
        return new ImageRefused(Reason.INVALID, "the image's configuration cannot be used: " + why);
    }
}
