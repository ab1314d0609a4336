package io.flotilla.agent.volume;

import io.flotilla.agent.volume.VolumeRefused.Reason;
import io.flotilla.bus.node.VolumeUsage;
import io.flotilla.bus.schema.Volume;
import io.flotilla.bus.schema.VolumeCreate;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The node's volumes. Records and content are on disk; who uses them is known from the containers, see
 * {@link ContainerVolumes}. Safe for concurrent use: work on one volume waits for other work on it, not for that on others.
 */
public final class VolumeStore {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]+");
    /** NAME_MAX of the file systems they are on. */
    private static final int LONGEST_NAME = 255;

    private final VolumeFolders folders;
    private final VolumeDrivers drivers;
    private final VolumeNews news;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, HeldVolume> volumes = new ConcurrentHashMap<>();

    private VolumeStore(VolumeFolders folders, VolumeDrivers drivers, VolumeNews news, InstantSource clock) {
        this.folders = folders;
        this.drivers = drivers;
        this.news = news;
        this.clock = clock;
    }

    /** @param root the folder of all volumes; made when it is missing */
    public static VolumeStore open(Path root, VolumeDrivers drivers, VolumeNews news, InstantSource clock)
            throws IOException {
        VolumeFolders folders = new VolumeFolders(root.toAbsolutePath());
        folders.open();
        VolumeStore store = new VolumeStore(folders, drivers, news, clock);
        for (VolumeRecord record : folders.records()) {
            store.volumes.put(record.name(), new HeldVolume(record));
        }
        return store;
    }

    /** All of them, by name. */
    public List<Volume> list() {
        return volumes.values().stream()
                .map(volume -> shown(volume.record))
                .sorted(Comparator.comparing(Volume::name))
                .toList();
    }

    /** Sizes and users of all volumes; of one that is not on this disk the size is not told. */
    public List<VolumeUsage> usage() throws IOException {
        List<VolumeUsage> usage = new ArrayList<>();
        for (HeldVolume volume : volumes.values()) {
            boolean own = volume.record.driver().equals(LocalDriver.NAME)
                    && !drivers.local().isMounted(volume.record.options());
            int users;
            synchronized (volume) {
                users = volume.holders().size();
            }
            try {
                usage.add(new VolumeUsage(volume.name(), own ? folders.sizeBytes(volume.name()) : -1, users));
            } catch (NoSuchFileException removedMeanwhile) {
                continue;
            }
        }
        return usage;
    }

    /** What `docker volume create` makes; one that is there already is answered as it is. */
    public Volume create(VolumeCreate create) throws VolumeRefused, IOException {
        String driver = Objects.requireNonNullElse(create.driver(), "");
        String name = Objects.requireNonNullElse(create.name(), "");
        HeldVolume volume = name.isEmpty()
                ? anonymous(driver, create.driverOpts(), create.labels(), null, null)
                : made(name, driver, create.driverOpts(), create.labels(), null, null);
        return shown(volume.record);
    }

    /**
     * @param force as Docker's: what is not there is no error
     * @throws VolumeRefused when a container uses it
     */
    public void remove(String name, boolean force) throws VolumeRefused, IOException {
        HeldVolume volume = volumes.get(name);
        if (volume == null) {
            if (force) {
                return;
            }
            throw new VolumeRefused(Reason.NOT_FOUND, "get " + name + ": no such volume");
        }
        synchronized (volume) {
            if (!volume.holders().isEmpty()) {
                throw new VolumeRefused(
                        Reason.CONFLICT,
                        "remove " + name + ": volume is in use - [" + String.join(", ", volume.holders()) + "]");
            }
            discard(volume);
        }
    }

    // ---- for containers; the monitor of a volume is held where one is given

    VolumeFolders folders() {
        return folders;
    }

    HeldVolume present(String name) throws IOException {
        HeldVolume volume = volumes.get(name);
        if (volume == null) {
            throw new IOException("get " + name + ": no such volume");
        }
        return volume;
    }

    Iterable<HeldVolume> all() {
        return volumes.values();
    }

    VolumeDriver driver(HeldVolume volume) throws IOException {
        return drivers.of(volume.record);
    }

    /** A volume of a random name; that of this owner and target if it was made before. */
    HeldVolume anonymous(
            String driver,
            Map<String, String> options,
            Map<String, String> labels,
            @Nullable String owner,
            @Nullable String target)
            throws VolumeRefused, IOException {
        if (owner != null && target != null) {
            for (HeldVolume volume : volumes.values()) {
                if (volume.record.isOf(owner, target)) {
                    return volume;
                }
            }
        }
        byte[] bits = new byte[32];
        random.nextBytes(bits);
        Map<String, String> marked = new TreeMap<>(labels);
        marked.put(Volume.ANONYMOUS, "");
        return made(HexFormat.of().formatHex(bits), driver, options, marked, owner, target);
    }

    /** The volume of the name; made when there is none. */
    HeldVolume made(
            String name,
            String driver,
            Map<String, String> options,
            Map<String, String> labels,
            @Nullable String owner,
            @Nullable String target)
            throws VolumeRefused, IOException {
        checkName(name);
        while (true) {
            HeldVolume present = volumes.get(name);
            if (present == null) {
                present = makeOrJoin(name, driver, options, labels, owner, target);
            }
            synchronized (present) {
                if (present.isGone()) {
                    continue;
                }
            }
            if (!driver.isEmpty() && !driver.equals(present.record.driver())) {
                throw new VolumeRefused(
                        Reason.CONFLICT,
                        "create " + name + ": driver '" + present.record.driver() + "' already has volume '" + name
                                + "': volume name must be unique");
            }
            return present;
        }
    }

    private HeldVolume makeOrJoin(
            String name,
            String driverName,
            Map<String, String> options,
            Map<String, String> labels,
            @Nullable String owner,
            @Nullable String target)
            throws VolumeRefused, IOException {
        VolumeDriver driver = drivers.named(name, driverName);
        VolumeRecord record =
                new VolumeRecord(name, driver.name(), driver.scope(), options, labels, clock.instant(), owner, target);
        HeldVolume volume = new HeldVolume(record);
        synchronized (volume) {
            HeldVolume other = volumes.putIfAbsent(name, volume);
            if (other != null) {
                return other;
            }
            boolean made = false;
            try {
                driver.create(name, options);
                folders.make(record);
                made = true;
            } finally {
                if (!made) {
                    volume.go();
                    volumes.remove(name, volume);
                }
            }
            news.made(shown(record));
            news.event("create", name, Map.of("driver", driver.name()));
            return volume;
        }
    }

    /** Removes a volume nobody holds. */
    void discard(HeldVolume volume) throws IOException {
        if (volume.isGone()) {
            return;
        }
        String name = volume.name();
        driver(volume).remove(name);
        folders.remove(name);
        volume.go();
        volumes.remove(name, volume);
        news.gone(name);
        news.event("destroy", name, Map.of("driver", volume.record.driver()));
    }

    void tell(String action, HeldVolume volume, Map<String, String> attributes) {
        Map<String, String> all = new TreeMap<>(attributes);
        all.put("driver", volume.record.driver());
        news.event(action, volume.name(), all);
    }

    private static void checkName(String name) throws VolumeRefused {
        if (name.length() == 1) {
            throw invalid(name, "volume name is too short, names should be at least two alphanumeric characters");
        }
        if (!NAME.matcher(name).matches()) {
            throw invalid(
                    name,
                    "\"" + name + "\" includes invalid characters for a local volume name, only"
                            + " \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use"
                            + " absolute path");
        }
        if (name.length() > LONGEST_NAME) {
            throw invalid(name.substring(0, 16) + "...", "the name has more than " + LONGEST_NAME + " characters");
        }
    }

    private static VolumeRefused invalid(String name, String message) {
        return new VolumeRefused(Reason.INVALID, "create " + name + ": " + message);
    }

    private Volume shown(VolumeRecord record) {
        return new Volume(
                record.name(),
                record.driver(),
                folders.content(record.name()).toString(),
                record.createdAt(),
                null,
                record.labels(),
                record.scope(),
                record.options(),
                null,
                null);
    }
}
