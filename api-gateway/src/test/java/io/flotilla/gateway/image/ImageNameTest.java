package io.flotilla.gateway.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.gateway.error.ApiException;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageNameTest {
    @ParameterizedTest
    @CsvSource({
        "busybox, busybox:latest",
        "busybox:1.35, busybox:1.35",
        "library/busybox, busybox:latest",
        "docker.io/library/busybox:x, busybox:x",
        "docker.io/busybox, busybox:latest",
        "index.docker.io/me/app, me/app:latest",
        "localhost/app, localhost/app:latest",
        "localhost:5000/team/app:v1, localhost:5000/team/app:v1",
        "registry.example.org/a/b__c, registry.example.org/a/b__c:latest"
    })
    void namesAreCompletedAsDockerShowsThem(String written, String shown) {
        assertThat(ImageName.parse(written).tagged()).isEqualTo(shown);
    }

    @Test
    void whatIsNoNameIsRefused() {
        for (String bad :
                List.of("", ":tag", "a::b", "a:" + "t".repeat(129), "-a", "a//b", "a@sha256:12", "a b", "a/")) {
            assertThatThrownBy(() -> ImageName.parse(bad))
                    .as(bad)
                    .isInstanceOfSatisfying(
                            ApiException.class, e -> assertThat(e.status()).isEqualTo(400));
        }
        assertThatThrownBy(() -> ImageName.parse("Up")).hasMessageContaining("must be lowercase");
    }

    @Property(tries = 300)
    void anyTextIsReadOrRefused(@ForAll String text) {
        try {
            String tagged = ImageName.parse(text).tagged();
            assertThat(ImageName.parse(tagged).tagged()).isEqualTo(tagged);
        } catch (ApiException e) {
            assertThat(e.status()).isEqualTo(400);
        }
    }
}
