package io.flotilla.agent.runtime.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceRuleTest {
    @ParameterizedTest
    @ValueSource(strings = {"c 1:3 rwm", "b 8:* r", "a *:* rwm", "c *:* m"})
    void rulesAreWrittenAsTheyAreRead(String rule) {
        assertThat(DeviceRule.parse(rule)).extracting(DeviceRule::line).containsExactly(rule);
    }

    @Test
    void ruleForSomeOfAllTypesDoesNotBecomeOneForAll() {
        assertThat(DeviceRule.parse("a 1:3 rw")).extracting(DeviceRule::line).containsExactly("c 1:3 rw", "b 1:3 rw");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "c 1:3", "x 1:3 rwm", "c 1:3 rwx", "c 1:3 rwm\n", "c -1:3 rwm", "c 1:3 rwmr"})
    void otherFormatsAreRefusedInDockersWords(String rule) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DeviceRule.parse(rule))
                .withMessage("invalid device cgroup rule format: '" + rule + "'");
    }
}
