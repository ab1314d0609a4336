package io.flotilla.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class RawQueryTest {
    @Test
    void jsonWrittenByHandIsEncoded() {
        String query = "filters={\"name\":[\"web\"]}";
        assertThat(RawQuery.needsEncoding(query)).isTrue();
        assertThat(RawQuery.encode(query)).isEqualTo("filters=%7B%22name%22:%5B%22web%22%5D%7D");
    }

    @Test
    void whatIsEncodedAlreadyStaysAsItIs() {
        String query = "filters=%7B%22a%22%3A1%7D&all=1&x=a+b";
        assertThat(RawQuery.needsEncoding(query)).isFalse();
        assertThat(RawQuery.encode(query)).isEqualTo(query);
    }

    @Property(tries = 500)
    void anyTextWithoutAPercentSignBecomesAPartOfAUri(@ForAll String text) {
        String encoded = RawQuery.encode(text.replace("%", "").replace("#", ""));
        assertThat(RawQuery.needsEncoding(encoded)).isFalse();
        assertThat(URI.create("/x?" + encoded).getRawQuery()).isEqualTo(encoded);
    }
}
