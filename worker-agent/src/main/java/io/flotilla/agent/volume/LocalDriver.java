package io.flotilla.agent.volume;

import io.flotilla.agent.runtime.linux.HostMounts;
import io.flotilla.agent.runtime.linux.KernelException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Docker's local driver: a folder, or with the options type, o and device whatever mount(8) would mount there. moby's
 * volume/local/local_unix.go.
 */
final class LocalDriver implements VolumeDriver {
    static final String NAME = "local";

    private static final String SIZE = "size";
    /** An option, and those that have to be there with it. */
    private static final Map<String, List<String>> REQUIRES = Map.of(
            "type", List.of("device"), "device", List.of("type"), "o", List.of("device", "type"), SIZE, List.of());

    private static final String ADDRESS = "addr=";
    private static final String PASSWORD = "password=";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String scope() {
        return "local";
    }

    @Override
    public void create(String volume, Map<String, String> options) throws VolumeRefused {
        for (String option : new TreeMap<>(options).keySet()) {
            if (!REQUIRES.containsKey(option)) {
                throw invalid(volume, "invalid option: \"" + option + "\"");
            }
        }
        for (Map.Entry<String, List<String>> required : new TreeMap<>(REQUIRES).entrySet()) {
            for (String other : required.getValue()) {
                if (options.containsKey(required.getKey()) && !options.containsKey(other)) {
                    throw invalid(volume, "missing required option: \"" + other + "\"");
                }
            }
        }
        if (options.containsKey(SIZE)) {
            throw invalid(volume, "quota size requested but no quota support");
        }
    }

    private static VolumeRefused invalid(String volume, String message) {
        return new VolumeRefused(VolumeRefused.Reason.INVALID, "create " + volume + ": " + message);
    }

    @Override
    public void remove(String volume) {}

    @Override
    public boolean isMounted(Map<String, String> options) {
        return options.containsKey("device");
    }

    @Override
    public void mount(String volume, Map<String, String> options, Path at) throws IOException {
        String type = options.getOrDefault("type", "");
        String device = options.getOrDefault("device", "");
        if (device.isEmpty()) {
            throw new IOException("failed to mount local volume: missing device in volume options");
        }
        List<String> words = new ArrayList<>();
        for (String word : options.getOrDefault("o", "").split(",")) {
            if (!word.isEmpty()) {
                words.add(type.equals("nfs") || type.equals("cifs") ? resolved(word) : word);
            }
        }
        boolean bind = words.contains("bind") || words.contains("rbind");
        try {
            HostMounts.mount(device, at, bind ? "" : type, words);
        } catch (KernelException e) {
            String shown =
                    String.join(",", words.stream().map(LocalDriver::redacted).toList());
            throw new IOException(
                    "failed to mount local volume: mount " + device + ":" + at + ", data: " + shown + ": "
                            + e.getMessage(),
                    e);
        }
    }

    /** The kernel takes only addresses, where mount(8)'s helpers take names. */
    private static String resolved(String word) throws IOException {
        if (!word.startsWith(ADDRESS)) {
            return word;
        }
        String host = word.substring(ADDRESS.length());
        try {
            return ADDRESS + InetAddress.getByName(host).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IOException("error resolving passed in network volume address: " + host, e);
        }
    }

    private static String redacted(String word) {
        return word.startsWith(PASSWORD) ? PASSWORD + "********" : word;
    }

    @Override
    public void unmount(String volume, Path at) throws IOException {
        HostMounts.unmount(at);
    }
}
