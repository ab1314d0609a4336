package io.flotilla.agent.value;

import io.flotilla.agent.container.PlanRefused;
import io.flotilla.agent.value.HeldValues.HoldKey;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.ObjectKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One secret or config as a task refers to it.
 *
 * @param name of the file as the service named it, by which templates find it
 * @param path in the container
 * @param mode permission bits, and set-user-ID and the like
 */
record ValueMount(HoldKey value, String name, String path, int uid, int gid, int mode) {
    private static final String SECRETS = "/run/secrets/";
    private static final int MODE_BITS = 07777;
    private static final long DEFAULT_MODE = 0444;

    /** In the order the service names them, secrets first. */
    static List<ValueMount> of(RunTask task) throws PlanRefused {
        List<ValueMount> mounts = new ArrayList<>();
        ContainerSpec spec = task.spec().containerSpec();
        if (spec == null) {
            return mounts;
        }
        for (ContainerSpec.Secret secret : spec.secrets()) {
            ContainerSpec.Secret.File file = secret.file();
            if (file == null) {
                throw new PlanRefused("secret target type is not a file target");
            }
            String name = Objects.requireNonNullElse(file.name(), "");
            mounts.add(new ValueMount(
                    key(ObjectKind.SECRET, secret.secretId()),
                    name,
                    name.startsWith("/") ? name : SECRETS + name,
                    number("uid", file.uid()),
                    number("gid", file.gid()),
                    mode(file.mode())));
        }
        for (ContainerSpec.Config config : spec.configs()) {
            ContainerSpec.Config.File file = config.file();
            if (file == null) {
                throw new PlanRefused("config target type is not a file target");
            }
            String name = Objects.requireNonNullElse(file.name(), "");
            mounts.add(new ValueMount(
                    key(ObjectKind.CONFIG, config.configId()),
                    name,
                    name.startsWith("/") ? name : "/" + name,
                    number("uid", file.uid()),
                    number("gid", file.gid()),
                    mode(file.mode())));
        }
        return mounts;
    }

    /** All a task needs, also where it can't be mounted. */
    static Set<HoldKey> needed(RunTask task) {
        Set<HoldKey> needed = new HashSet<>();
        ContainerSpec spec = task.spec().containerSpec();
        if (spec != null) {
            spec.secrets().forEach(secret -> needed.add(key(ObjectKind.SECRET, secret.secretId())));
            spec.configs().forEach(config -> needed.add(key(ObjectKind.CONFIG, config.configId())));
        }
        return needed;
    }

    private static HoldKey key(ObjectKind kind, @Nullable String id) {
        return new HoldKey(kind, Objects.requireNonNullElse(id, "none"));
    }

    private static int number(String what, @Nullable String text) throws PlanRefused {
        if (text == null || text.isEmpty()) {
            return 0;
        }
        try {
            return Integer.parseUnsignedInt(text);
        } catch (NumberFormatException e) {
            throw new PlanRefused("invalid " + what + " of a secret or config: \"" + text + "\" is no number");
        }
    }

    private static int mode(@Nullable Long mode) {
        return (int) (Objects.requireNonNullElse(mode, DEFAULT_MODE) & MODE_BITS);
    }
}
