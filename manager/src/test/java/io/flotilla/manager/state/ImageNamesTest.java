package io.flotilla.manager.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageNamesTest {
    @ParameterizedTest
    @CsvSource({
        "busybox, busybox:latest",
        "busybox:1.36, busybox:1.36",
        "docker.io/library/nginx, nginx:latest",
        "docker.io/team/app:2, team/app:2",
        "localhost:5000/app, localhost:5000/app:latest",
        "nginx:1@sha256:0000000000000000000000000000000000000000000000000000000000000000,"
                + "nginx:1@sha256:0000000000000000000000000000000000000000000000000000000000000000",
    })
    void aReferenceHasOneFamiliarForm(String given, String familiar) {
        assertThat(ImageNames.familiar(given)).isEqualTo(familiar);
        assertThat(ImageNames.familiar(familiar)).isEqualTo(familiar);
    }
}
