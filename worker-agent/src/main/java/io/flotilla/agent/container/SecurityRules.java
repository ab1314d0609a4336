package io.flotilla.agent.container;

import io.flotilla.agent.runtime.spec.Defaults;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Seccomp;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.HostConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What HostConfig.SecurityOpt and its neighbours say: dockerd's parseSecurityOpt.
 *
 * @param apparmorProfile null for none
 * @param maskedPaths and readonlyPaths: nothing of either for a privileged container
 */
record SecurityRules(
        Seccomp seccomp,
        @Nullable String apparmorProfile,
        boolean noNewPrivileges,
        List<String> maskedPaths,
        List<String> readonlyPaths) {
    private static final Path APPARMOR = Path.of("/sys/module/apparmor/parameters/enabled");

    static SecurityRules of(HostConfig config) throws PlanRefused {
        boolean privileged = Boolean.TRUE.equals(config.privileged());
        Seccomp seccomp = privileged ? new Seccomp.Unconfined() : new Seccomp.Default();
        String profile = null;
        boolean noNewPrivileges = false;
        boolean bare = privileged;
        for (String option : config.securityOpt()) {
            if (option.equals("no-new-privileges")) {
                noNewPrivileges = true;
                continue;
            }
            String[] parts = option.split("[=:]", 2);
            if (parts.length != 2) {
                throw new PlanRefused("invalid --security-opt 1: \"" + option + "\"");
            }
            String value = parts[1];
            switch (parts[0]) {
                case "no-new-privileges" -> noNewPrivileges = flag(option, value);
                case "seccomp" -> seccomp = seccomp(value);
                case "apparmor" -> profile = apparmor(value);
                case "label" -> label(value);
                case "systempaths" -> {
                    if (!value.equals("unconfined")) {
                        throw new PlanRefused("invalid --security-opt 2: \"" + option + "\"");
                    }
                    bare = true;
                }
                default -> throw new PlanRefused("invalid --security-opt 2: \"" + option + "\"");
            }
        }
        return new SecurityRules(
                seccomp,
                profile,
                noNewPrivileges,
                bare ? List.of() : given(config.maskedPaths(), Defaults.maskedPaths()),
                bare ? List.of() : given(config.readonlyPaths(), Defaults.readonlyPaths()));
    }

    private static List<String> given(@Nullable List<String> wanted, List<String> otherwise) {
        return wanted == null ? otherwise : wanted;
    }

    private static boolean flag(String option, String value) throws PlanRefused {
        return switch (value) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw new PlanRefused("invalid --security-opt 2: \"" + option + "\"");
        };
    }

    private static Seccomp seccomp(String value) throws PlanRefused {
        return switch (value) {
            case "unconfined" -> new Seccomp.Unconfined();
            case "builtin" -> new Seccomp.Default();
            default -> {
                try {
                    if (!Codec.JSON.mapper().readTree(value).isObject()) {
                        throw new PlanRefused("decoding seccomp profile failed: not a JSON object");
                    }
                } catch (IOException notJson) {
                    throw new PlanRefused("decoding seccomp profile failed: " + notJson.getMessage());
                }
                yield new Seccomp.Custom(value);
            }
        };
    }

    /** Without AppArmor in the kernel there is nothing to confine by, and only that can be asked for. */
    private static @Nullable String apparmor(String value) throws PlanRefused {
        if (value.equals("unconfined") || value.isEmpty()) {
            return null;
        }
        if (!Files.exists(APPARMOR)) {
            throw new PlanRefused("AppArmor is not enabled on the host: profile \"" + value + "\" can't be applied");
        }
        return value;
    }

    private static void label(String value) throws PlanRefused {
        if (!value.equals("disable")) {
            throw new PlanRefused("SELinux is not enabled on the host: label \"" + value + "\" can't be applied");
        }
    }
}
