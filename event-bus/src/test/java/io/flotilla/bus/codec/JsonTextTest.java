package io.flotilla.bus.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTextTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":\"x\\u0000y\"}",
                "{\"\\u0000\":1}",
                "[\"\\\\\\u0000\"]",
                "[\"\0\"]",
                "\"\\u0000\"",
            })
    void aNulIsFoundWhereverItStands(String json) {
        assertThat(JsonText.hasNul(json.getBytes(StandardCharsets.UTF_8))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "", "\\", "\"\\u000", "[\"\\\\u0000\"]", "[\"\\u0001\",\"u0000\",\"0000\"]"})
    void whatLooksAlikeIsNone(String json) {
        assertThat(JsonText.hasNul(json.getBytes(StandardCharsets.UTF_8))).isFalse();
    }

    @Test
    void itIsFoundInOtherEncodingsOfJson() {
        assertThat(JsonText.hasNul("[\"\\u0000\"]".getBytes(StandardCharsets.UTF_16BE)))
                .isTrue();
        assertThat(JsonText.hasNul("[\"\\u0000\"]".getBytes(StandardCharsets.UTF_16LE)))
                .isTrue();
    }
}
