package io.flotilla.agent.csi.plugin;

import io.flotilla.agent.csi.v1.NodeGrpc;
import io.flotilla.agent.csi.v1.NodePublishVolumeRequest;
import io.flotilla.agent.csi.v1.NodeStageVolumeRequest;
import io.flotilla.agent.csi.v1.NodeUnpublishVolumeRequest;
import io.flotilla.agent.csi.v1.NodeUnstageVolumeRequest;
import io.flotilla.bus.assignment.Assignment.PublishVolume;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** CSI's Node service of a plugin. Every call may be repeated; calls for one volume are serial. */
public final class NodePlugin {
    private final PluginChannel channel;
    private final boolean stages;

    NodePlugin(PluginChannel channel, boolean stages) {
        this.channel = channel;
        this.stages = stages;
    }

    /** A volume is staged, once for the node, before it is published. */
    public boolean stages() {
        return stages;
    }

    /** @param staging a folder that is there @param secrets by the keys the plugin knows them by */
    public void stage(PublishVolume volume, Map<String, String> secrets, Path staging) throws PluginFailure {
        var _ = channel.work(
                NodeGrpc.getNodeStageVolumeMethod(),
                NodeStageVolumeRequest.newBuilder()
                        .setVolumeId(volume.info().volumeId())
                        .putAllPublishContext(volume.publishContext())
                        .setStagingTargetPath(staging.toString())
                        .setVolumeCapability(Capabilities.of(volume.accessMode()))
                        .putAllSecrets(secrets)
                        .putAllVolumeContext(volume.info().volumeContext())
                        .build(),
                secrets.values());
    }

    /** @param staging as it was staged; not looked at when it is not @param target which the plugin makes; its folder is there */
    public void publish(PublishVolume volume, Map<String, String> secrets, Path staging, Path target)
            throws PluginFailure {
        var _ = channel.work(
                NodeGrpc.getNodePublishVolumeMethod(),
                NodePublishVolumeRequest.newBuilder()
                        .setVolumeId(volume.info().volumeId())
                        .putAllPublishContext(volume.publishContext())
                        .setStagingTargetPath(stages ? staging.toString() : "")
                        .setTargetPath(target.toString())
                        .setVolumeCapability(Capabilities.of(volume.accessMode()))
                        .setReadonly(Capabilities.readOnly(volume.accessMode()))
                        .putAllSecrets(secrets)
                        .putAllVolumeContext(volume.info().volumeContext())
                        .build(),
                secrets.values());
    }

    /** @param volumeId the plugin's own */
    public void unpublish(String volumeId, Path target) throws PluginFailure {
        var _ = channel.work(
                NodeGrpc.getNodeUnpublishVolumeMethod(),
                NodeUnpublishVolumeRequest.newBuilder()
                        .setVolumeId(volumeId)
                        .setTargetPath(target.toString())
                        .build(),
                List.of());
    }

    public void unstage(String volumeId, Path staging) throws PluginFailure {
        var _ = channel.work(
                NodeGrpc.getNodeUnstageVolumeMethod(),
                NodeUnstageVolumeRequest.newBuilder()
                        .setVolumeId(volumeId)
                        .setStagingTargetPath(staging.toString())
                        .build(),
                List.of());
    }
}
