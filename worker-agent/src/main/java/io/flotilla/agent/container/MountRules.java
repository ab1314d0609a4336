package io.flotilla.agent.container;

import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.ImageConfig;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.MountBuilder;
import io.flotilla.bus.schema.MountPoint;
import io.flotilla.bus.schema.MountPointBuilder;
import io.flotilla.bus.schema.MountVolumeOptionsBuilder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * All that is mounted into a container, from every way to say so: VolumesFrom, Binds, Mounts, Tmpfs, Config.Volumes and the
 * image's, in dockerd's order (registerMountPoints), a later one in place of an earlier one at the same target.
 */
final class MountRules {
    private static final Pattern VOLUME_NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]+");

    private MountRules() {}

    /** @param neighbours asked for VolumesFrom */
    static List<MountWish> wishes(ContainerRequest request, ImageConfig image, Neighbours neighbours)
            throws PlanRefused {
        HostConfig config = request.hostConfig();
        String driver = Objects.requireNonNullElse(config.volumeDriver(), "");
        Map<String, MountWish> wishes = new LinkedHashMap<>();
        for (String from : config.volumesFrom()) {
            for (MountWish wish : fromNeighbour(from, neighbours)) {
                wishes.put(wish.target(), wish);
            }
        }
        Set<String> targets = new HashSet<>();
        for (String bind : config.binds()) {
            addOnce(wishes, targets, BindText.parse(bind, driver));
        }
        for (Mount mount : config.mounts()) {
            addOnce(wishes, targets, wish(mount));
        }
        for (Map.Entry<String, String> tmpfs : config.tmpfs().entrySet()) {
            Mount mount = MountBuilder.builder()
                    .type(Mount.MountType.TMPFS)
                    .target(tmpfs.getKey())
                    .build();
            checkTarget(mount);
            addOnce(wishes, targets, new MountWish(mount, "", false, TmpfsOptions.merged(tmpfs.getValue())));
        }
        Set<String> anonymous = new HashSet<>(image.volumes().keySet());
        anonymous.addAll(request.config().volumes().keySet());
        for (String target : anonymous.stream().sorted().toList()) {
            String clean =
                    target.length() > 1 && target.endsWith("/") ? target.substring(0, target.length() - 1) : target;
            if (!wishes.containsKey(clean)) {
                wishes.put(clean, anonymous(clean, driver));
            }
        }
        for (MountWish wish : wishes.values()) {
            KernelPaths.check(wish.target());
            KernelPaths.check(wish.source());
        }
        return List.copyOf(wishes.values());
    }

    /** @param target all of the text, as an image may have it: what looks like a bind of the host's in it is none */
    private static MountWish anonymous(String target, String driver) throws PlanRefused {
        Mount mount = MountBuilder.builder()
                .type(Mount.MountType.VOLUME)
                .target(target)
                .readOnly(false)
                .volumeOptions(MountVolumeOptionsBuilder.builder()
                        .noCopy(false)
                        .driverConfig(new Mount.VolumeOptions.DriverConfig(driver, Map.of()))
                        .build())
                .build();
        checkTarget(mount);
        return new MountWish(mount, "", false, List.of());
    }

    private static void addOnce(Map<String, MountWish> wishes, Set<String> targets, MountWish wish) throws PlanRefused {
        if (!targets.add(wish.target())) {
            throw new PlanRefused("Duplicate mount point: " + wish.target());
        }
        wishes.put(wish.target(), wish);
    }

    /** @param from NAME[:ro|rw] */
    private static List<MountWish> fromNeighbour(String from, Neighbours neighbours) throws PlanRefused {
        int colon = from.indexOf(':');
        String reference = colon < 0 ? from : from.substring(0, colon);
        String mode = colon < 0 ? "rw" : from.substring(colon + 1);
        if (reference.isEmpty()) {
            throw new PlanRefused("malformed volumes-from specification: " + from);
        }
        if (!mode.matches("(rw|ro)(,[zZ])?|[zZ](,(rw|ro))?")) {
            throw new PlanRefused("invalid mode for volumes-from: " + mode);
        }
        ContainerRecord donor =
                neighbours.find(reference).orElseThrow(() -> new PlanRefused("No such container: " + reference));
        List<MountWish> wishes = new ArrayList<>();
        for (MountPoint point : donor.mounts()) {
            boolean bind = "bind".equals(point.type());
            if (!bind && !"volume".equals(point.type())) {
                continue;
            }
            boolean readOnly = !Boolean.TRUE.equals(point.rw()) || mode.contains("ro");
            Mount mount = MountBuilder.builder()
                    .type(bind ? Mount.MountType.BIND : Mount.MountType.VOLUME)
                    .source(bind ? point.source() : point.name())
                    .target(point.destination())
                    .readOnly(readOnly)
                    .volumeOptions(
                            bind
                                    ? null
                                    : MountVolumeOptionsBuilder.builder()
                                            .noCopy(true)
                                            .driverConfig(
                                                    new Mount.VolumeOptions.DriverConfig(point.driver(), Map.of()))
                                            .build())
                    .build();
            wishes.add(new MountWish(mount, Objects.requireNonNullElse(point.mode(), ""), false, List.of()));
        }
        return wishes;
    }

    /** A mount in its long form, checked. */
    private static MountWish wish(Mount mount) throws PlanRefused {
        checkTarget(mount);
        MountWish wish = new MountWish(mount, "", false, List.of());
        String refused = "invalid mount config for type \"" + typeName(wish) + "\": ";
        refuseIf(mount.imageOptions() != null, refused + "field ImageOptions must not be specified");
        switch (wish.type()) {
            case BIND -> {
                refuseIf(wish.source().isEmpty(), refused + "field Source must not be empty");
                refuseIf(
                        !wish.source().startsWith("/"),
                        refused + "invalid mount path: '" + wish.source() + "' mount path must be absolute");
                refuseIf(mount.volumeOptions() != null, refused + "field VolumeOptions must not be specified");
                refuseIf(mount.tmpfsOptions() != null, refused + "field TmpfsOptions must not be specified");
                checkBind(mount, refused);
            }
            case VOLUME -> {
                refuseIf(mount.bindOptions() != null, refused + "field BindOptions must not be specified");
                refuseIf(mount.tmpfsOptions() != null, refused + "field TmpfsOptions must not be specified");
                if (!wish.source().isEmpty()) {
                    checkVolumeName(wish.source());
                }
                refuseIf(subpath(wish).startsWith("/"), refused + "subpath must be a relative path within the volume");
            }
            case TMPFS -> {
                refuseIf(!wish.source().isEmpty(), refused + "field Source must not be specified");
                refuseIf(mount.bindOptions() != null, refused + "field BindOptions must not be specified");
                refuseIf(mount.volumeOptions() != null, refused + "field VolumeOptions must not be specified");
                return new MountWish(mount, "", false, TmpfsOptions.of(mount));
            }
            case CLUSTER, IMAGE, NPIPE ->
                throw new PlanRefused("mounts of type " + typeName(wish) + " are not supported");
        }
        Mount.BindOptions options = mount.bindOptions();
        boolean create = options != null && Boolean.TRUE.equals(options.createMountpoint());
        return new MountWish(mount, "", create, List.of());
    }

    private static void checkBind(Mount mount, String refused) throws PlanRefused {
        Mount.BindOptions options = mount.bindOptions();
        if (options == null) {
            return;
        }
        boolean force = Boolean.TRUE.equals(options.readOnlyForceRecursive());
        boolean loose = Boolean.TRUE.equals(options.readOnlyNonRecursive());
        boolean readOnly = Boolean.TRUE.equals(mount.readOnly());
        refuseIf(loose && !readOnly, refused + "mount is not read-only, ReadOnlyNonRecursive has no effect");
        refuseIf(force && !readOnly, refused + "mount is not read-only, ReadOnlyForceRecursive has no effect");
        refuseIf(force && loose, refused + "ReadOnlyForceRecursive conflicts with ReadOnlyNonRecursive");
        refuseIf(
                force && !propagation(mount).equals("rprivate"),
                refused + "ReadOnlyForceRecursive requires the mount propagation to be \"rprivate\"");
    }

    private static void checkTarget(Mount mount) throws PlanRefused {
        MountWish wish = new MountWish(mount, "", false, List.of());
        String refused = "invalid mount config for type \"" + typeName(wish) + "\": ";
        refuseIf(wish.target().isEmpty(), refused + "field Target must not be empty");
        refuseIf(
                !wish.target().startsWith("/"),
                refused + "invalid mount path: '" + wish.target() + "' mount path must be absolute");
        refuseIf(wish.target().matches("/+\\.?/*"), refused + "invalid specification: destination can't be '/'");
    }

    static void checkVolumeName(String name) throws PlanRefused {
        refuseIf(
                !VOLUME_NAME.matcher(name).matches(),
                "create " + name + ": \"" + name
                        + "\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path");
    }

    /** What Volumes is asked for. */
    static Volumes.Wish volumeWish(MountWish wish) {
        Mount.VolumeOptions options = wish.mount().volumeOptions();
        Mount.VolumeOptions.DriverConfig driver = options == null ? null : options.driverConfig();
        return new Volumes.Wish(
                wish.source().isEmpty() ? null : wish.source(),
                driver == null || driver.name() == null ? "" : driver.name(),
                driver == null ? Map.of() : driver.options(),
                options == null ? Map.of() : options.labels());
    }

    static boolean copiesUp(MountWish wish) {
        Mount.VolumeOptions options = wish.mount().volumeOptions();
        return wish.type() == Mount.MountType.VOLUME && (options == null || !Boolean.TRUE.equals(options.noCopy()));
    }

    /** Of the volume; empty for all of it. */
    static String subpath(MountWish wish) {
        Mount.VolumeOptions options = wish.mount().volumeOptions();
        return options == null || options.subpath() == null ? "" : options.subpath();
    }

    static RuntimeSpec.Mount runtimeMount(MountWish.Resolved resolved) {
        MountWish wish = resolved.wish();
        if (wish.type() == Mount.MountType.TMPFS) {
            return new RuntimeSpec.Mount(wish.target(), "tmpfs", "tmpfs", wish.tmpfsOptions());
        }
        return new RuntimeSpec.Mount(wish.target(), "bind", resolved.source(), bindOptions(wish));
    }

    static MountPoint mountPoint(MountWish.Resolved resolved) {
        MountWish wish = resolved.wish();
        Volumes.Volume volume = resolved.volume();
        boolean bind = wish.type() == Mount.MountType.BIND;
        return MountPointBuilder.builder()
                .type(typeName(wish))
                .name(volume == null ? null : volume.name())
                .source(bind || volume != null ? resolved.source() : "")
                .destination(wish.target())
                .driver(volume == null ? null : volume.driver())
                .mode(volume != null && wish.mode().isEmpty() ? "z" : wish.mode())
                .rw(!wish.readOnly())
                .propagation(bind ? propagation(wish.mount()) : "")
                .build();
    }

    private static String typeName(MountWish wish) {
        return wish.type().name().toLowerCase(Locale.ROOT);
    }

    private static String propagation(Mount mount) {
        Mount.BindOptions options = mount.bindOptions();
        return options == null || options.propagation() == null
                ? "rprivate"
                : options.propagation().name().toLowerCase(Locale.ROOT);
    }

    private static List<String> bindOptions(MountWish wish) {
        Mount.BindOptions options = wish.mount().bindOptions();
        boolean single = options != null && Boolean.TRUE.equals(options.nonRecursive());
        boolean shallow = single || options != null && Boolean.TRUE.equals(options.readOnlyNonRecursive());
        List<String> list = new ArrayList<>(List.of(single ? "bind" : "rbind", propagation(wish.mount())));
        if (wish.readOnly()) {
            list.add(shallow ? "ro" : "rro");
        }
        return List.copyOf(list);
    }

    private static void refuseIf(boolean refused, String reason) throws PlanRefused {
        if (refused) {
            throw new PlanRefused(reason);
        }
    }
}
