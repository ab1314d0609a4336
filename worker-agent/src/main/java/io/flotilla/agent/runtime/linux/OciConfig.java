package io.flotilla.agent.runtime.linux;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.runtime.linux.cgroup.Cgroups;
import io.flotilla.agent.runtime.linux.seccomp.SeccompFilters;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Device;
import io.flotilla.agent.runtime.spec.RuntimeSpec.DeviceRate;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Namespace;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A container as the config.json of an OCI bundle (runtime-spec, config.md and config-linux.md). */
final class OciConfig {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RuntimeSpec spec;
    private final ObjectNode config = JsonNodeFactory.instance.objectNode();

    private OciConfig(RuntimeSpec spec) {
        this.spec = spec;
    }

    /** @param root where the root file system will be mounted */
    static byte[] of(RuntimeSpec spec, Path root, String group, SeccompFilters seccomp) throws IOException {
        return JSON.writeValueAsBytes(new OciConfig(spec).build(root, group, seccomp));
    }

    private ObjectNode build(Path root, String group, SeccompFilters seccomp) throws IOException {
        config.put("ociVersion", "1.0.2");
        process(config.putObject("process"));
        config.putObject("root")
                .put("path", root.toString())
                .put("readonly", spec.root().readonly());
        if (ContainerProgram.isNew(spec, NamespaceType.UTS)) {
            config.put("hostname", spec.hostname());
        }
        mounts(config.putArray("mounts"));
        strings(config.putObject("annotations"), spec.annotations());
        ObjectNode linux = config.putObject("linux");
        linux.put("cgroupsPath", "/" + group);
        namespaces(linux.putArray("namespaces"));
        devices(linux.putArray("devices"));
        resources(linux.putObject("resources"), spec.resources());
        strings(linux.putObject("sysctl"), spec.sysctl());
        spec.maskedPaths().forEach(linux.putArray("maskedPaths")::add);
        spec.readonlyPaths().forEach(linux.putArray("readonlyPaths")::add);
        var filter = seccomp.oci(spec.seccomp(), spec.process().capabilities());
        if (filter.isPresent()) {
            linux.set("seccomp", filter.get());
        }
        return config;
    }

    private void process(ObjectNode node) {
        RuntimeSpec.Process process = spec.process();
        node.put("terminal", process.terminal());
        RuntimeSpec.ConsoleSize size = process.consoleSize();
        if (size != null) {
            node.putObject("consoleSize").put("height", size.rows()).put("width", size.columns());
        }
        ObjectNode user = node.putObject("user")
                .put("uid", process.user().uid())
                .put("gid", process.user().gid());
        process.user().additionalGids().forEach(user.putArray("additionalGids")::add);
        process.args().forEach(node.putArray("args")::add);
        process.env().forEach(node.putArray("env")::add);
        node.put("cwd", process.cwd().isEmpty() ? "/" : process.cwd());
        ObjectNode capabilities = node.putObject("capabilities");
        process.capabilities().forEach(capabilities.putArray("bounding")::add);
        // as execve would have it: none for who is not root
        List<String> held = process.user().uid() == 0 ? process.capabilities() : List.of();
        held.forEach(capabilities.putArray("effective")::add);
        held.forEach(capabilities.putArray("permitted")::add);
        ArrayNode limits = node.putArray("rlimits");
        process.rlimits().forEach(limit -> limits.addObject()
                .put("type", limit.type())
                .put("soft", limit.soft())
                .put("hard", limit.hard()));
        node.put("noNewPrivileges", process.noNewPrivileges());
        if (process.oomScoreAdj() != null) {
            node.put("oomScoreAdj", process.oomScoreAdj());
        }
        if (process.apparmorProfile() != null) {
            node.put("apparmorProfile", process.apparmorProfile());
        }
    }

    private void mounts(ArrayNode mounts) {
        for (RuntimeSpec.Mount mount : spec.mounts()) {
            if (mount.source().matches("/proc/\\d+/root/.*")) {
                throw new IllegalArgumentException("an OCI runtime can't share another container's "
                        + mount.destination() + "; the container's ipc mode needs the built-in runtime");
            }
            ObjectNode node = mounts.addObject();
            node.put("destination", mount.destination());
            node.put("type", mount.type());
            node.put("source", mount.source());
            mount.options().forEach(node.putArray("options")::add);
        }
    }

    private void namespaces(ArrayNode namespaces) {
        for (Namespace namespace : spec.namespaces()) {
            ObjectNode node = namespaces.addObject();
            node.put("type", namespace.type().name().toLowerCase(Locale.ROOT));
            if (namespace.path() != null) {
                node.put("path", namespace.path().toString());
            }
        }
    }

    private void devices(ArrayNode devices) {
        for (Device device : spec.devices()) {
            devices.addObject()
                    .put("path", device.path())
                    .put("type", device.type())
                    .put("major", device.major())
                    .put("minor", device.minor())
                    .put("fileMode", device.mode())
                    .put("uid", device.uid())
                    .put("gid", device.gid());
        }
    }

    private void resources(ObjectNode node, Resources resources) throws IOException {
        ArrayNode rules = node.putArray("devices");
        rules.addObject().put("allow", false).put("access", "rwm");
        for (var rule : Cgroups.deviceRules(spec.devices(), resources)) {
            ObjectNode allowed = rules.addObject().put("allow", true);
            allowed.put("type", rule.substring(0, 1));
            String[] parts = rule.substring(2).split("[: ]");
            putNumber(allowed, "major", parts[0]);
            putNumber(allowed, "minor", parts[1]);
            allowed.put("access", parts[2]);
        }
        ObjectNode memory = node.putObject("memory");
        put(memory, "limit", resources.memoryLimitBytes());
        put(memory, "reservation", resources.memoryReservationBytes());
        put(memory, "swap", resources.memorySwapBytes());
        put(memory, "swappiness", resources.memorySwappiness());
        if (resources.oomKillDisable()) {
            memory.put("disableOOMKiller", true);
        }
        ObjectNode cpu = node.putObject("cpu");
        put(cpu, "shares", resources.cpuShares());
        put(cpu, "quota", resources.cpuQuotaMicros());
        put(cpu, "period", resources.cpuPeriodMicros());
        put(cpu, "realtimeRuntime", resources.cpuRealtimeRuntimeMicros());
        put(cpu, "realtimePeriod", resources.cpuRealtimePeriodMicros());
        if (resources.cpusetCpus() != null) {
            cpu.put("cpus", resources.cpusetCpus());
        }
        if (resources.cpusetMems() != null) {
            cpu.put("mems", resources.cpusetMems());
        }
        if (resources.pidsLimit() != null) {
            node.putObject("pids").put("limit", resources.pidsLimit());
        }
        blockIo(node.putObject("blockIO"), resources);
        strings(node.putObject("unified"), resources.unified());
    }

    private static void blockIo(ObjectNode node, Resources resources) {
        if (resources.blkioWeight() != null) {
            node.put("weight", resources.blkioWeight());
        }
        rates(node, "weightDevice", "weight", resources.blkioDeviceWeights());
        rates(node, "throttleReadBpsDevice", "rate", resources.blkioReadBytesPerSecond());
        rates(node, "throttleWriteBpsDevice", "rate", resources.blkioWriteBytesPerSecond());
        rates(node, "throttleReadIOPSDevice", "rate", resources.blkioReadOperationsPerSecond());
        rates(node, "throttleWriteIOPSDevice", "rate", resources.blkioWriteOperationsPerSecond());
    }

    private static void rates(ObjectNode node, String name, String unit, List<DeviceRate> rates) {
        if (!rates.isEmpty()) {
            ArrayNode array = node.putArray(name);
            for (DeviceRate rate : rates) {
                array.addObject()
                        .put("major", rate.major())
                        .put("minor", rate.minor())
                        .put(unit, rate.rate());
            }
        }
    }

    private static void put(ObjectNode node, String name, @Nullable Long value) {
        if (value != null) {
            node.put(name, value);
        }
    }

    private static void putNumber(ObjectNode node, String name, String number) {
        if (!number.equals("*")) {
            node.put(name, Long.parseLong(number));
        }
    }

    private static void strings(ObjectNode node, Map<String, String> values) {
        values.forEach(node::put);
    }
}
