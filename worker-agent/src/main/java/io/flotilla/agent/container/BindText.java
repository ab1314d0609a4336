package io.flotilla.agent.container;

import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.Mount.BindOptions.Propagation;
import io.flotilla.bus.schema.MountBindOptionsBuilder;
import io.flotilla.bus.schema.MountBuilder;
import io.flotilla.bus.schema.MountVolumeOptionsBuilder;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The short form of a mount, [SOURCE:]TARGET[:MODE]: moby's linux volume parser. */
final class BindText {
    private static final Set<String> CONSISTENCY = Set.of("consistent", "cached", "delegated");
    private static final Set<String> PROPAGATION =
            Set.of("private", "rprivate", "shared", "rshared", "slave", "rslave");

    private BindText() {}

    /** @param driver of a volume that is to be made; empty for local */
    static MountWish parse(String text, String driver) throws PlanRefused {
        String[] parts = text.split(":", -1);
        if (parts.length > 3 || parts[0].isEmpty() || parts.length == 2 && isMode(parts[1])) {
            throw new PlanRefused("invalid volume specification: '" + text + "'");
        }
        String mode = parts.length == 3 ? parts[2] : "";
        if (parts.length == 3 && !isMode(mode)) {
            throw new PlanRefused("invalid mode: " + mode);
        }
        String source = parts.length == 1 ? null : parts[0];
        String target = parts.length == 1 ? parts[0] : parts[1];
        boolean bind = source != null && source.startsWith("/");
        checkTarget(text, bind, target);
        Set<String> words = Set.copyOf(List.of(mode.split(",")));
        if (bind && words.contains("nocopy") || !bind && propagation(words) != null) {
            throw new PlanRefused("invalid mode: " + mode);
        }
        if (!bind && source != null) {
            MountRules.checkVolumeName(source);
        }
        Mount mount = MountBuilder.builder()
                .type(bind ? Mount.MountType.BIND : Mount.MountType.VOLUME)
                .source(source)
                .target(target)
                .readOnly(words.contains("ro"))
                .bindOptions(
                        bind
                                ? MountBindOptionsBuilder.builder()
                                        .propagation(propagation(words))
                                        .build()
                                : null)
                .volumeOptions(
                        bind
                                ? null
                                : MountVolumeOptionsBuilder.builder()
                                        .noCopy(words.contains("nocopy"))
                                        .driverConfig(new Mount.VolumeOptions.DriverConfig(driver, Map.of()))
                                        .build())
                .build();
        return new MountWish(mount, mode, bind, List.of());
    }

    private static void checkTarget(String text, boolean bind, String target) throws PlanRefused {
        String refused = "invalid volume specification: '" + text + "': invalid mount config for type \""
                + (bind ? "bind" : "volume") + "\": ";
        if (!target.startsWith("/")) {
            throw new PlanRefused(refused + "invalid mount path: '" + target + "' mount path must be absolute");
        }
        if (target.equals("/")) {
            throw new PlanRefused(refused + "invalid specification: destination can't be '/'");
        }
    }

    private static @Nullable Propagation propagation(Set<String> words) {
        for (String word : words) {
            if (PROPAGATION.contains(word)) {
                return Propagation.valueOf(word.toUpperCase(Locale.ROOT));
            }
        }
        return null;
    }

    /** Words, at most one of each kind. Labels of SELinux (z, Z) do nothing on a host without it, as in Docker. */
    private static boolean isMode(String mode) {
        if (mode.isEmpty()) {
            return false;
        }
        Set<String> kinds = new HashSet<>();
        for (String word : mode.split(",", -1)) {
            String kind =
                    switch (word) {
                        case "rw", "ro" -> "access";
                        case "z", "Z" -> "label";
                        case "nocopy" -> "copy";
                        default ->
                            PROPAGATION.contains(word)
                                    ? "propagation"
                                    : CONSISTENCY.contains(word) ? "consistency" : "";
                    };
            if (kind.isEmpty() || !kinds.add(kind)) {
                return false;
            }
        }
        return true;
    }
}
