package io.flotilla.agent.volume;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.agent.runtime.linux.HostMounts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Volumes of a plugin, docs.docker.com/engine/extend/plugins_volume. What it mounts wherever it likes shows at the volume's
 * folder of this node too, which is what containers are given. It is mounted once for all of them, so the ID of the use is
 * the volume's name, which an agent that starts again still knows.
 */
final class PluginDriver implements VolumeDriver {
    static final String CAPABILITY = "VolumeDriver";

    private final String name;
    private final PluginCalls calls;

    PluginDriver(String name, PluginCalls calls) {
        this.name = name;
        this.calls = calls;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String scope() throws IOException {
        boolean implemented = false;
        for (JsonNode capability : calls.call("Plugin.Activate", Map.of()).path("Implements")) {
            implemented |= capability.asText().equals(CAPABILITY);
        }
        if (!implemented) {
            throw new IOException("plugin " + name + " does not implement " + CAPABILITY);
        }
        try {
            String scope = calls.call("VolumeDriver.Capabilities", Map.of())
                    .path("Capabilities")
                    .path("Scope")
                    .asText("");
            return scope.equals("global") ? "global" : "local";
        } catch (IOException notTold) {
            // the call is younger than the protocol: without it a driver is local, as in Docker
            return "local";
        }
    }

    @Override
    public void create(String volume, Map<String, String> options) throws IOException {
        try {
            calls.call("VolumeDriver.Create", Map.of("Name", volume, "Opts", options));
        } catch (IOException e) {
            throw new IOException("create " + volume + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void remove(String volume) throws IOException {
        calls.call("VolumeDriver.Remove", Map.of("Name", volume));
    }

    @Override
    public boolean isMounted(Map<String, String> options) {
        return true;
    }

    @Override
    public void mount(String volume, Map<String, String> options, Path at) throws IOException {
        JsonNode answer = calls.call("VolumeDriver.Mount", Map.of("Name", volume, "ID", volume));
        String mountpoint = answer.path("Mountpoint").asText("");
        if (!mountpoint.startsWith("/")) {
            throw new IOException("VolumeDriver.Mount: plugin " + name + " names no mount point of volume " + volume);
        }
        try {
            HostMounts.mount(mountpoint, at, "", List.of("rbind"));
        } catch (IOException e) {
            calls.call("VolumeDriver.Unmount", Map.of("Name", volume, "ID", volume));
            throw e;
        }
    }

    @Override
    public void unmount(String volume, Path at) throws IOException {
        HostMounts.unmount(at);
        calls.call("VolumeDriver.Unmount", Map.of("Name", volume, "ID", volume));
    }
}
