package io.flotilla.agent.runtime.linux.seccomp;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A profile in the JSON Docker reads with {@code --security-opt seccomp=FILE}. Absent lists are null, as they come from
 * users' files; {@link #rules()} and {@link Rule}'s own give them as empty.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record SeccompProfile(
        @Nullable String defaultAction,
        @Nullable Integer defaultErrnoRet,
        @Nullable List<String> architectures,
        @Nullable List<Architecture> archMap,
        @Nullable List<Rule> syscalls) {
    private static final ObjectMapper JSON = new ObjectMapper();

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Architecture(
            @Nullable String architecture, @Nullable List<String> subArchitectures) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Rule(
            @Nullable String name,
            @Nullable List<String> names,
            @Nullable String action,
            @Nullable Integer errnoRet,
            @Nullable List<Condition> args,
            @Nullable Filter includes,
            @Nullable Filter excludes) {
        List<String> allNames() {
            return names != null ? names : name != null ? List.of(name) : List.of();
        }

        List<Condition> conditions() {
            return args == null ? List.of() : args;
        }

        /** Whether the rule is meant for this container and host, by Docker's meaning of includes and excludes. */
        boolean appliesTo(Set<String> capabilities, String goArch, KernelVersion kernel) {
            if (includes != null) {
                if (!capabilities.containsAll(orEmpty(includes.caps()))
                        || (!orEmpty(includes.arches()).isEmpty()
                                && !orEmpty(includes.arches()).contains(goArch))
                        || (includes.minKernel() != null
                                && kernel.compareTo(KernelVersion.parse(includes.minKernel())) < 0)) {
                    return false;
                }
            }
            if (excludes == null) {
                return true;
            }
            return orEmpty(excludes.caps()).stream().noneMatch(capabilities::contains)
                    && !orEmpty(excludes.arches()).contains(goArch)
                    && (excludes.minKernel() == null
                            || kernel.compareTo(KernelVersion.parse(excludes.minKernel())) < 0);
        }

        private static List<String> orEmpty(@Nullable List<String> list) {
            return list == null ? List.of() : list;
        }
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Filter(
            @Nullable List<String> caps,
            @Nullable List<String> arches,
            @Nullable String minKernel) {}

    /** @param value a mask when op is SCMP_CMP_MASKED_EQ, which compares with valueTwo */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Condition(
            int index, long value, long valueTwo, @Nullable String op) {}

    List<Rule> rules() {
        return syscalls == null ? List.of() : syscalls;
    }

    static SeccompProfile parse(String json) throws IOException {
        try {
            return JSON.readValue(json, SeccompProfile.class);
        } catch (JsonProcessingException e) {
            throw new IOException("decoding seccomp profile failed: " + e.getOriginalMessage(), e);
        }
    }
}
