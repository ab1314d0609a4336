package io.flotilla.bus.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CodecTest {
    /** What one client's JSON or one image's configuration has must not keep a manager from writing its log. */
    @ParameterizedTest
    @ValueSource(strings = {"\\ud800", "\\udc00", "x\\ud800y", "\\ud800\\ud800", "é\\udfff"})
    void halfOfASurrogatePairGoesIntoBinaryJson(String half) throws IOException {
        for (String text :
                new String[] {half, "a".repeat(60) + half, half + "b".repeat(70), "c".repeat(40_000) + half}) {
            JsonNode tree = Codec.JSON.mapper().readTree("{\"k\":\"%s\",\"%s\":[1]}".formatted(text, text));

            JsonNode read = Codec.SMILE.mapper().readTree(Codec.SMILE.encode(tree));

            String expected = text.replaceAll("\\\\ud[8-9a-f]..", "\uFFFD");
            assertThat(read.path("k").textValue()).isEqualTo(expected);
            assertThat(read.path(expected).path(0).intValue()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uD83D\uDC33", "é", "plain"})
    void whatUtf8CanSayIsKept(String text) throws IOException {
        byte[] json = ("\"" + text + "\"").getBytes(StandardCharsets.UTF_8);
        JsonNode tree = Codec.JSON.mapper().readTree(json);
        assertThat(Codec.SMILE.mapper().readTree(Codec.SMILE.encode(tree)).textValue())
                .isEqualTo(text);
    }
}
