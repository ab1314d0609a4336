package io.flotilla.agent.container;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.container.CpusetRules.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CpusetRulesTest {
    @ParameterizedTest
    @ValueSource(strings = {"0", "0-3", "1,3", "0-1,8-9", "3-3"})
    void whatTheHostHasIsTaken(String set) {
        assertThatCode(() -> CpusetRules.check(Kind.CPUS, set, "0-3,8-11")).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"4", "3-4", "0,99", "0-9999"})
    void whatTheHostLacksIsRefusedInMobysWords(String set) {
        assertThatThrownBy(() -> CpusetRules.check(Kind.CPUS, set, "0-3,8-11"))
                .hasMessage("Requested CPUs are not available - requested " + set + ", available: 0-3,8-11");
        assertThatThrownBy(() -> CpusetRules.check(Kind.MEMS, set, "0"))
                .hasMessage("Requested memory nodes are not available - requested " + set + ", available: 0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "-1", "0-", "1,,2", "0-1-2", "99999", " 0"})
    void whatIsNoListIsRefused(String set) {
        assertThatThrownBy(() -> CpusetRules.check(Kind.CPUS, set, "0-3"))
                .hasMessage("Invalid value " + set + " for cpuset cpus");
    }

    @Test
    void thisHostHasItsFirstProcessor() {
        assertThatCode(() -> CpusetRules.check(Kind.CPUS, "0")).doesNotThrowAnyException();
        assertThatCode(() -> CpusetRules.check(Kind.MEMS, "0")).doesNotThrowAnyException();
        assertThatCode(() -> CpusetRules.check(Kind.MEMS, "")).doesNotThrowAnyException();
    }
}
