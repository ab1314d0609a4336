package io.flotilla.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.gateway.error.ApiException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StrictJsonTest {
    private static ServiceSpec read(String json) {
        return StrictJson.read(json.getBytes(StandardCharsets.UTF_8), ServiceSpec.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0000',
            value = {
                "{\"Name\":1}                                         | invalid JSON: Name: expected a string",
                "{\"Name\":true}                                      | invalid JSON: Name: expected a string",
                "{\"Name\":[\"a\"]}                                   | invalid JSON: Name: expected a string",
                "{\"Labels\":[]}                                      | invalid JSON: Labels: expected an object",
                "{\"Labels\":{\"a\":null}}                            | invalid JSON: Labels.a: null within a list or a map",
                "{\"Networks\":{}}                                    | invalid JSON: Networks: expected a list",
                "{\"EndpointSpec\":{\"Ports\":[null]}}                | invalid JSON: EndpointSpec.Ports.[0]: null within a list or a map",
                "{\"EndpointSpec\":{\"Mode\":\"foo\"}}                | invalid JSON: EndpointSpec.Mode: \"foo\" is none of dnsrr, vip",
                "{\"EndpointSpec\":{\"Mode\":0}}                      | invalid JSON: EndpointSpec.Mode: \"0\" is none of dnsrr, vip",
                "{\"Mode\":{\"Replicated\":{\"Replicas\":\"3\"}}}     | invalid JSON: Mode.Replicated.Replicas: expected an integer",
                "{\"Mode\":{\"Replicated\":{\"Replicas\":1.5}}}       | invalid JSON: Mode.Replicated.Replicas: expected an integer",
                "{\"Name\":                                           | invalid JSON: unexpected end of JSON input",
                "{\"Labels\":{\"a\":\"x\\u0000y\"}}                   | invalid JSON: a NUL character, which no text may have here",
                "{\"\\u0000\":1}                                       | invalid JSON: a NUL character, which no text may have here",
                "null                                                 | invalid JSON: null in place of an object",
                "[]                                                   | invalid JSON: expected an object",
                "{} {}                                                | unexpected content after JSON",
                "{} x                                                 | unexpected content after JSON",
            })
    void whatNoGoDecoderTakesIsRefusedByTheFieldsName(String json, String message) {
        assertThatThrownBy(() -> read(json))
                .isInstanceOfSatisfying(ApiException.class, refusal -> assertThat(refusal.status())
                        .isEqualTo(400))
                .hasMessage(message);
    }

    @Test
    void namesOfFieldsAreReadInAnyCaseAndUnknownOnesPassedOver() {
        ServiceSpec spec = read("{\"name\":\"web\",\"LABELS\":{\"a\":\"b\"},\"Later\":[1]}");
        assertThat(spec.name()).isEqualTo("web");
        assertThat(spec.labels()).containsEntry("a", "b");
    }

    @Test
    void aNullFieldIsAnAbsentOne() {
        assertThat(read("{\"Name\":null}")).isEqualTo(read("{}"));
    }
}
