package io.flotilla.agent.stream;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DetachKeysTest {
    private static DetachKeys keys(String text) {
        return DetachKeys.parse(text).orElseThrow();
    }

    @Test
    void keysAreNamedAsDockerNamesThem() {
        assertThat(keys("").octets()).isEqualTo("\u0010\u0011");
        assertThat(keys("ctrl-a,b,ctrl-@,DEL,ctrl-_").octets()).isEqualTo("\u0001b\u0000\u007f\u001f");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ctrl-A", "ctrl-", "ab", "a,,b", "ctrl-p,", "é", "del"})
    void otherKeysThereAreNot(String text) {
        assertThat(DetachKeys.parse(text)).isEmpty();
    }

    @Test
    void halfOfTheKeysIsTypedOnceItIsClear() {
        DetachKeys.Scanner scanner = keys("a,b,c").scanner();
        assertThat(scanner.pass("xab".getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .containsExactly('x');
        assertThat(scanner.pass("ab".getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .containsExactly('a', 'b');
        assertThat(scanner.detached()).isFalse();
        assertThat(scanner.pass("cz".getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .isEmpty();
        assertThat(scanner.detached()).isTrue();
    }
}
