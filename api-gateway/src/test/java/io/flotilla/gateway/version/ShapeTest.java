package io.flotilla.gateway.version;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ShapeTest {
    private static JsonNode image(String version) throws IOException {
        JsonNode newest = new ObjectMapper().readTree("{\"Size\":7,\"Config\":{\"Cmd\":[\"sh\"],\"User\":\"app\"}}");
        return Shape.IMAGE.adapt(newest, ApiVersion.parse(version));
    }

    @Test
    void olderVersionsHaveEveryFieldOfAnImagesConfig() throws IOException {
        JsonNode config = image("1.41").path("Config");
        assertThat(config.path("Cmd").get(0).asText()).isEqualTo("sh");
        assertThat(config.path("User").asText()).isEqualTo("app");
        assertThat(config.path("WorkingDir").isTextual()).isTrue();
        assertThat(config.path("Tty").isBoolean()).isTrue();
        assertThat(config.path("Entrypoint").isNull()).isTrue();
        assertThat(image("1.50").path("Config").has("Entrypoint")).isFalse();
    }
}
