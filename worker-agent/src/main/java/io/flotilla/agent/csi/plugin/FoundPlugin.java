package io.flotilla.agent.csi.plugin;

import io.flotilla.agent.csi.v1.ControllerGetCapabilitiesRequest;
import io.flotilla.agent.csi.v1.ControllerGrpc;
import io.flotilla.agent.csi.v1.ControllerServiceCapability;
import io.flotilla.agent.csi.v1.GetPluginCapabilitiesRequest;
import io.flotilla.agent.csi.v1.GetPluginInfoRequest;
import io.flotilla.agent.csi.v1.IdentityGrpc;
import io.flotilla.agent.csi.v1.NodeGetCapabilitiesRequest;
import io.flotilla.agent.csi.v1.NodeGetInfoRequest;
import io.flotilla.agent.csi.v1.NodeGetInfoResponse;
import io.flotilla.agent.csi.v1.NodeGrpc;
import io.flotilla.agent.csi.v1.NodeServiceCapability;
import io.flotilla.agent.csi.v1.PluginCapability;
import io.flotilla.agent.csi.v1.ProbeRequest;
import io.flotilla.bus.schema.Topology;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One plugin that answers, as it describes itself. The Node and the Controller service of a driver may be two plugins of one
 * name (CSI, "Architecture").
 *
 * @param node null: it has no Node service
 * @param controller null: it has no Controller service
 */
record FoundPlugin(
        PluginChannel channel,
        String name,
        @Nullable NodeSide node,
        @Nullable ControllerPlugin controller) {
    /** Of a plugin's name, CSI's GetPluginInfo. */
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?");

    /** @param id what the plugin calls the node @param maxVolumes 0: no limit @param topology null: it tells none */
    record NodeSide(
            NodePlugin plugin,
            String id,
            long maxVolumes,
            @Nullable Topology topology) {}

    /** Asks it for all that. */
    static FoundPlugin describe(PluginChannel channel) throws PluginFailure {
        String name = channel.ask(IdentityGrpc.getGetPluginInfoMethod(), GetPluginInfoRequest.getDefaultInstance())
                .getName();
        if (!NAME.matcher(name).matches()) {
            throw new PluginFailure("CSI plugin " + channel.name() + ": GetPluginInfo: its name is none");
        }
        channel.named(name);
        var probe = channel.ask(IdentityGrpc.getProbeMethod(), ProbeRequest.getDefaultInstance());
        if (probe.hasReady() && !probe.getReady().getValue()) {
            throw new PluginFailure("CSI plugin " + name + ": Probe: it is not ready");
        }
        Set<PluginCapability.Service.Type> services = EnumSet.noneOf(PluginCapability.Service.Type.class);
        channel.ask(IdentityGrpc.getGetPluginCapabilitiesMethod(), GetPluginCapabilitiesRequest.getDefaultInstance())
                .getCapabilitiesList()
                .forEach(each -> services.add(each.getService().getType()));
        ControllerPlugin controller = services.contains(PluginCapability.Service.Type.CONTROLLER_SERVICE)
                ? controller(channel, services.contains(PluginCapability.Service.Type.VOLUME_ACCESSIBILITY_CONSTRAINTS))
                : null;
        return new FoundPlugin(channel, name, node(channel), controller);
    }

    private static ControllerPlugin controller(PluginChannel channel, boolean knowsTopology) throws PluginFailure {
        Set<ControllerServiceCapability.RPC.Type> calls = EnumSet.noneOf(ControllerServiceCapability.RPC.Type.class);
        channel.ask(
                        ControllerGrpc.getControllerGetCapabilitiesMethod(),
                        ControllerGetCapabilitiesRequest.getDefaultInstance())
                .getCapabilitiesList()
                .forEach(each -> calls.add(each.getRpc().getType()));
        return new ControllerPlugin(
                channel,
                new ControllerPlugin.Abilities(
                        calls.contains(ControllerServiceCapability.RPC.Type.CREATE_DELETE_VOLUME),
                        calls.contains(ControllerServiceCapability.RPC.Type.PUBLISH_UNPUBLISH_VOLUME),
                        knowsTopology));
    }

    private static @Nullable NodeSide node(PluginChannel channel) throws PluginFailure {
        NodeGetInfoResponse info;
        try {
            info = channel.ask(NodeGrpc.getNodeGetInfoMethod(), NodeGetInfoRequest.getDefaultInstance());
        } catch (PluginFailure failure) {
            if (failure.isUnimplemented()) {
                return null;
            }
            throw failure;
        }
        if (info.getNodeId().isEmpty()) {
            throw new PluginFailure("CSI plugin " + channel.name() + ": NodeGetInfo: it gave the node no ID");
        }
        boolean stages = channel
                .ask(NodeGrpc.getNodeGetCapabilitiesMethod(), NodeGetCapabilitiesRequest.getDefaultInstance())
                .getCapabilitiesList()
                .stream()
                .anyMatch(each -> each.getRpc().getType() == NodeServiceCapability.RPC.Type.STAGE_UNSTAGE_VOLUME);
        return new NodeSide(
                new NodePlugin(channel, stages),
                info.getNodeId(),
                info.getMaxVolumesPerNode(),
                info.hasAccessibleTopology()
                        ? new Topology(info.getAccessibleTopology().getSegmentsMap())
                        : null);
    }
}
