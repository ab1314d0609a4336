package io.flotilla.agent.container;

import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.MountPoint;
import io.flotilla.bus.schema.MountPointBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** A service's mounts as the runtime's and as docker inspect's. */
final class MountRules {
    private MountRules() {}

    static RuntimeSpec.Mount runtimeMount(Mount mount) throws PlanRefused {
        String target = target(mount);
        return switch (type(mount)) {
            case BIND -> new RuntimeSpec.Mount(target, "bind", source(mount), bindOptions(mount));
            case TMPFS -> new RuntimeSpec.Mount(target, "tmpfs", "tmpfs", tmpfsOptions(mount));
            case VOLUME, CLUSTER, IMAGE, NPIPE ->
                throw new PlanRefused("mounts of type " + typeName(mount) + " are not supported yet");
        };
    }

    static MountPoint mountPoint(Mount mount) throws PlanRefused {
        boolean bind = type(mount) == Mount.MountType.BIND;
        return MountPointBuilder.builder()
                .type(typeName(mount))
                .source(bind ? source(mount) : "")
                .destination(target(mount))
                .mode("")
                .rw(!readOnly(mount))
                .propagation(bind ? propagation(mount) : "")
                .build();
    }

    static Mount.MountType type(Mount mount) {
        // Docker's default
        return Objects.requireNonNullElse(mount.type(), Mount.MountType.VOLUME);
    }

    static boolean createsSource(Mount mount) {
        return mount.bindOptions() != null
                && Boolean.TRUE.equals(mount.bindOptions().createMountpoint());
    }

    static String source(Mount mount) throws PlanRefused {
        String source = mount.source();
        if (source == null || !source.startsWith("/")) {
            throw new PlanRefused("invalid mount config for type \"" + typeName(mount) + "\": invalid mount path: '"
                    + Objects.requireNonNullElse(source, "") + "' mount path must be absolute");
        }
        return source;
    }

    private static String target(Mount mount) throws PlanRefused {
        String target = mount.target();
        if (target == null || target.isEmpty()) {
            throw new PlanRefused(
                    "invalid mount config for type \"" + typeName(mount) + "\": field Target must not be empty");
        }
        if (!target.startsWith("/")) {
            throw new PlanRefused("invalid mount config for type \"" + typeName(mount) + "\": invalid mount path: '"
                    + target + "' mount path must be absolute");
        }
        if (target.equals("/")) {
            throw new PlanRefused("invalid mount config for type \"" + typeName(mount)
                    + "\": invalid specification: destination can't be '/'");
        }
        return target;
    }

    private static String typeName(Mount mount) {
        return type(mount).name().toLowerCase(Locale.ROOT);
    }

    private static boolean readOnly(Mount mount) {
        return Boolean.TRUE.equals(mount.readOnly());
    }

    private static String propagation(Mount mount) {
        Mount.BindOptions options = mount.bindOptions();
        return options == null || options.propagation() == null
                ? "rprivate"
                : options.propagation().name().toLowerCase(Locale.ROOT);
    }

    private static List<String> bindOptions(Mount mount) {
        Mount.BindOptions options = mount.bindOptions();
        boolean single = options != null && Boolean.TRUE.equals(options.nonRecursive());
        List<String> list = new ArrayList<>(List.of(single ? "bind" : "rbind", propagation(mount)));
        if (readOnly(mount)) {
            list.add("ro");
        }
        return List.copyOf(list);
    }

    private static List<String> tmpfsOptions(Mount mount) throws PlanRefused {
        List<String> list = new ArrayList<>(List.of("noexec", "nosuid", "nodev"));
        if (readOnly(mount)) {
            list.add("ro");
        }
        Mount.TmpfsOptions options = mount.tmpfsOptions();
        if (options != null) {
            if (options.mode() != null && options.mode() != 0) {
                list.add("mode=" + Long.toOctalString(options.mode()));
            }
            if (options.sizeBytes() != null && options.sizeBytes() != 0) {
                list.add("size=" + options.sizeBytes());
            }
            for (List<String> option : options.options()) {
                list.add(tmpfsOption(option));
            }
        }
        return List.copyOf(list);
    }

    private static String tmpfsOption(List<String> option) throws PlanRefused {
        if (option.isEmpty() || option.size() > 2) {
            throw new PlanRefused("invalid tmpfs option: " + option);
        }
        return String.join("=", option);
    }
}
