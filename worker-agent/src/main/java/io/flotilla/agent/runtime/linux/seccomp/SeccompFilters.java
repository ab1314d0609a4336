package io.flotilla.agent.runtime.linux.seccomp;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Seccomp;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * BPF programs for seccomp(2), kept per profile and capability set, since compiling one takes milliseconds and almost all
 * containers share one. Callable on any thread.
 */
public final class SeccompFilters {
    private static final int MAX_KEPT = 64;

    private final String defaultProfile;
    private final Map<Key, byte[]> kept = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, byte[]> eldest) {
            return size() > MAX_KEPT;
        }
    };

    private record Key(String profile, Set<String> capabilities) {}

    public SeccompFilters() {
        try (InputStream resource = SeccompFilters.class.getResourceAsStream("default-profile.json")) {
            if (resource == null) {
                throw new IllegalStateException("default-profile.json is missing from the build");
            }
            defaultProfile = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("reading the built-in seccomp profile", e);
        }
    }

    /**
     * The container's filter.
     *
     * @return struct sock_filter instructions, or empty when it is to run unconfined
     * @throws IOException when the profile can't be read or compiled; the message tells where it is wrong
     */
    public Optional<byte[]> filter(Seccomp seccomp, List<String> capabilities) throws IOException {
        return switch (seccomp) {
            case Seccomp.Unconfined _ -> Optional.empty();
            case Seccomp.Default _ -> Optional.of(compiled(defaultProfile, capabilities));
            case Seccomp.Custom(String json) -> Optional.of(compiled(json, capabilities));
        };
    }

    /** The same for an OCI runtime: linux.seccomp of its config.json. */
    public Optional<ObjectNode> oci(Seccomp seccomp, List<String> capabilities) throws IOException {
        Set<String> held = new TreeSet<>(capabilities);
        return switch (seccomp) {
            case Seccomp.Unconfined _ -> Optional.empty();
            case Seccomp.Default _ -> Optional.of(OciSeccomp.of(SeccompProfile.parse(defaultProfile), held));
            case Seccomp.Custom(String json) -> Optional.of(OciSeccomp.of(SeccompProfile.parse(json), held));
        };
    }

    private synchronized byte[] compiled(String json, List<String> capabilities) throws IOException {
        var key = new Key(json, new TreeSet<>(capabilities));
        byte[] filter = kept.get(key);
        if (filter == null) {
            filter = new FilterCompiler(SeccompProfile.parse(json), key.capabilities()).compile();
            kept.put(key, filter);
        }
        return filter;
    }
}
