package io.flotilla.agent.csi.plugin;

import io.flotilla.agent.csi.v1.VolumeCapability;
import io.flotilla.agent.csi.v1.VolumeCapability.AccessMode.Mode;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ClusterVolumeSpec.Scope;
import io.flotilla.bus.schema.ClusterVolumeSpec.Sharing;
import java.util.Objects;

/** Swarm's access modes in CSI's words. Pure. */
final class Capabilities {
    private Capabilities() {}

    static VolumeCapability of(ClusterVolumeSpec.AccessMode wanted) {
        VolumeCapability.Builder capability = VolumeCapability.newBuilder()
                .setAccessMode(VolumeCapability.AccessMode.newBuilder().setMode(mode(wanted)));
        if (wanted.blockVolume() != null) {
            return capability
                    .setBlock(VolumeCapability.BlockVolume.getDefaultInstance())
                    .build();
        }
        VolumeCapability.MountVolume.Builder mount = VolumeCapability.MountVolume.newBuilder();
        ClusterVolumeSpec.MountVolume options = wanted.mountVolume();
        if (options != null) {
            mount.setFsType(Objects.requireNonNullElse(options.fsType(), "")).addAllMountFlags(options.mountFlags());
        }
        return capability.setMount(mount).build();
    }

    /** As swarmkit; a volume of many nodes and one task, of which it says nothing, has one writer. */
    private static Mode mode(ClusterVolumeSpec.AccessMode wanted) {
        Sharing sharing = Objects.requireNonNullElse(wanted.sharing(), Sharing.NONE);
        return switch (Objects.requireNonNullElse(wanted.scope(), Scope.SINGLE)) {
            case SINGLE -> sharing == Sharing.READ_ONLY ? Mode.SINGLE_NODE_READER_ONLY : Mode.SINGLE_NODE_WRITER;
            case MULTI ->
                switch (sharing) {
                    case READ_ONLY -> Mode.MULTI_NODE_READER_ONLY;
                    case NONE, ONE_WRITER -> Mode.MULTI_NODE_SINGLE_WRITER;
                    case ALL -> Mode.MULTI_NODE_MULTI_WRITER;
                };
        };
    }

    /** Nobody writes to it. */
    static boolean readOnly(ClusterVolumeSpec.AccessMode wanted) {
        return wanted.sharing() == Sharing.READ_ONLY;
    }
}
