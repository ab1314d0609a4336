package io.flotilla.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CleanPathTest {
    @ParameterizedTest
    @CsvSource({
        "/, /",
        "//, /",
        "/a/b, /a/b",
        "/a/b/, /a/b/",
        "/a//b, /a/b",
        "/a/./b, /a/b",
        "/a/.., /",
        "/../../etc/passwd, /etc/passwd",
        "/a/../b/., /b",
        "/a/.../b, /a/.../b",
        "/a/..b/c.., /a/..b/c..",
        "*, /*",
    })
    void dotsAndEmptyNamesGoAsInMux(String path, String clean) {
        assertThat(CleanPath.clean(path)).isEqualTo(clean);
    }
}
