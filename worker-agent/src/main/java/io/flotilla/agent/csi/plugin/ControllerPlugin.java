package io.flotilla.agent.csi.plugin;

import io.flotilla.agent.csi.v1.CapacityRange;
import io.flotilla.agent.csi.v1.ControllerGrpc;
import io.flotilla.agent.csi.v1.ControllerPublishVolumeRequest;
import io.flotilla.agent.csi.v1.ControllerUnpublishVolumeRequest;
import io.flotilla.agent.csi.v1.CreateVolumeRequest;
import io.flotilla.agent.csi.v1.DeleteVolumeRequest;
import io.flotilla.agent.csi.v1.Topology;
import io.flotilla.agent.csi.v1.TopologyRequirement;
import io.flotilla.agent.csi.v1.Volume;
import io.flotilla.agent.csi.v1.VolumeCapability;
import io.flotilla.bus.assignment.Assignment.ControlVolume;
import io.flotilla.bus.schema.ClusterVolume;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** CSI's Controller service of a plugin. Every call may be repeated; calls for one volume are serial. */
public final class ControllerPlugin {
    private final PluginChannel channel;
    private final Abilities abilities;

    /**
     * What its capabilities say.
     *
     * @param makes volumes, and deletes them
     * @param publishes volumes have to be made available to a node before it can mount them
     * @param knowsTopology volumes are not accessible from everywhere
     */
    record Abilities(boolean makes, boolean publishes, boolean knowsTopology) {}

    ControllerPlugin(PluginChannel channel, Abilities abilities) {
        this.channel = channel;
        this.abilities = abilities;
    }

    /** @param secrets by the keys the plugin knows them by */
    public ClusterVolume.Info create(ControlVolume wanted, Map<String, String> secrets) throws PluginFailure {
        if (!abilities.makes()) {
            throw new PluginFailure("CSI plugin " + channel.name() + " makes no volumes");
        }
        ClusterVolumeSpec spec = wanted.spec();
        CreateVolumeRequest.Builder request = CreateVolumeRequest.newBuilder()
                .setName(wanted.name())
                .addVolumeCapabilities(capability(spec))
                .putAllParameters(wanted.options())
                .putAllSecrets(secrets);
        ClusterVolumeSpec.CapacityRange range = spec.capacityRange();
        if (range != null) {
            request.setCapacityRange(CapacityRange.newBuilder()
                    .setRequiredBytes(Objects.requireNonNullElse(range.requiredBytes(), 0L))
                    .setLimitBytes(Objects.requireNonNullElse(range.limitBytes(), 0L)));
        }
        ClusterVolumeSpec.TopologyRequirement where = spec.accessibilityRequirements();
        if (where != null && !(where.requisite().isEmpty() && where.preferred().isEmpty())) {
            if (!abilities.knowsTopology()) {
                // CSI forbids to send it, and without it the volume may be anywhere
                throw new PluginFailure("CSI plugin " + channel.name()
                        + " knows no topology (VOLUME_ACCESSIBILITY_CONSTRAINTS), which the volume requires");
            }
            request.setAccessibilityRequirements(TopologyRequirement.newBuilder()
                    .addAllRequisite(sent(where.requisite()))
                    .addAllPreferred(sent(where.preferred())));
        }
        return info(channel.work(ControllerGrpc.getCreateVolumeMethod(), request.build(), secrets.values())
                .getVolume());
    }

    public void delete(String volumeId, Map<String, String> secrets) throws PluginFailure {
        if (abilities.makes()) {
            var _ = channel.work(
                    ControllerGrpc.getDeleteVolumeMethod(),
                    DeleteVolumeRequest.newBuilder()
                            .setVolumeId(volumeId)
                            .putAllSecrets(secrets)
                            .build(),
                    secrets.values());
        }
    }

    /** @param csiNodeId what the plugin calls the node @return the context the node needs */
    public Map<String, String> publish(
            ControlVolume wanted, ClusterVolume.Info info, String csiNodeId, Map<String, String> secrets)
            throws PluginFailure {
        if (!abilities.publishes()) {
            return Map.of();
        }
        return channel.work(
                        ControllerGrpc.getControllerPublishVolumeMethod(),
                        ControllerPublishVolumeRequest.newBuilder()
                                .setVolumeId(info.volumeId())
                                .setNodeId(csiNodeId)
                                .setVolumeCapability(capability(wanted.spec()))
                                .putAllSecrets(secrets)
                                .putAllVolumeContext(info.volumeContext())
                                .build(),
                        secrets.values())
                .getPublishContextMap();
    }

    /** @param csiNodeId what the plugin calls the node */
    public void unpublish(String volumeId, String csiNodeId, Map<String, String> secrets) throws PluginFailure {
        if (abilities.publishes()) {
            var _ = channel.work(
                    ControllerGrpc.getControllerUnpublishVolumeMethod(),
                    ControllerUnpublishVolumeRequest.newBuilder()
                            .setVolumeId(volumeId)
                            .setNodeId(csiNodeId)
                            .putAllSecrets(secrets)
                            .build(),
                    secrets.values());
        }
    }

    private static VolumeCapability capability(ClusterVolumeSpec spec) throws PluginFailure {
        if (spec.accessMode() == null) {
            throw new PluginFailure("the volume has no AccessMode");
        }
        return Capabilities.of(spec.accessMode());
    }

    private ClusterVolume.Info info(Volume made) throws PluginFailure {
        if (made.getVolumeId().isEmpty()) {
            throw new PluginFailure("CSI plugin " + channel.name() + ": CreateVolume: it gave the volume no ID");
        }
        return new ClusterVolume.Info(
                made.getCapacityBytes(),
                made.getVolumeContextMap(),
                made.getVolumeId(),
                made.getAccessibleTopologyList().stream()
                        .map(each -> new io.flotilla.bus.schema.Topology(each.getSegmentsMap()))
                        .toList());
    }

    private static List<Topology> sent(List<io.flotilla.bus.schema.Topology> wanted) {
        return wanted.stream()
                .map(each ->
                        Topology.newBuilder().putAllSegments(each.segments()).build())
                .toList();
    }
}
