package io.flotilla.agent.runtime.linux.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.flotilla.agent.runtime.spec.Defaults;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Seccomp;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SeccompFiltersTest {
    private final SeccompFilters filters = new SeccompFilters();

    @Test
    void unconfinedHasNoFilter() throws Exception {
        assertThat(filters.filter(new Seccomp.Unconfined(), List.of())).isEmpty();
    }

    @Test
    void profileIsCompiledOnceForEachCapabilitySet() throws Exception {
        var withAdmin = new ArrayList<>(Defaults.capabilities());
        withAdmin.add("CAP_SYS_ADMIN");

        byte[] first =
                filters.filter(new Seccomp.Default(), Defaults.capabilities()).orElseThrow();
        byte[] again =
                filters.filter(new Seccomp.Default(), Defaults.capabilities()).orElseThrow();
        byte[] admin = filters.filter(new Seccomp.Default(), withAdmin).orElseThrow();

        assertThat(again).isSameAs(first);
        assertThat(admin).isNotEqualTo(first);
    }

    @Test
    void brokenProfilesAreRefusedWithTheReason() {
        assertThatIOException()
                .isThrownBy(() -> filters.filter(new Seccomp.Custom("{"), List.of()))
                .withMessageStartingWith("decoding seccomp profile failed: ");
        assertThatIOException()
                .isThrownBy(
                        () -> filters.filter(new Seccomp.Custom("{\"defaultAction\":\"SCMP_ACT_MAYBE\"}"), List.of()))
                .withMessage("seccomp: action SCMP_ACT_MAYBE is not supported");
        assertThatIOException()
                .isThrownBy(() -> filters.filter(new Seccomp.Custom("""
                        {"defaultAction": "SCMP_ACT_ALLOW",
                         "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 9, "op": "SCMP_CMP_EQ"}]}]}
                        """), List.of()))
                .withMessage("seccomp: read has no argument 9");
    }

    @Test
    void rulesApplyByCapabilityArchitectureAndKernel() throws Exception {
        var profile = SeccompProfile.parse("""
                {"syscalls": [
                  {"names": ["a"], "includes": {"caps": ["CAP_X", "CAP_Y"]}},
                  {"names": ["b"], "excludes": {"caps": ["CAP_X"]}},
                  {"names": ["c"], "includes": {"arches": ["arm64"]}},
                  {"name": "d", "includes": {"minKernel": "4.8"}},
                  {"names": ["e"], "excludes": {"minKernel": "4.8"}}]}
                """);

        assertThat(applying(profile, Set.of("CAP_X"), "amd64", "4.4.0")).containsExactly("e");
        assertThat(applying(profile, Set.of("CAP_X", "CAP_Y"), "arm64", "6.1.0-18"))
                .containsExactly("a", "c", "d");
        assertThat(applying(profile, Set.of(), "amd64", "4.8.0")).containsExactly("b", "d");
    }

    private static List<String> applying(
            SeccompProfile profile, Set<String> capabilities, String goArch, String kernel) {
        return profile.rules().stream()
                .filter(rule -> rule.appliesTo(capabilities, goArch, KernelVersion.parse(kernel)))
                .flatMap(rule -> rule.allNames().stream())
                .toList();
    }
}
