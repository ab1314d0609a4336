package io.flotilla.manager.state;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.flotilla.bus.schema.Cluster;
import io.flotilla.bus.schema.Config;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.Network;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Secret;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;

/** One object made, replaced or removed. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "c")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Change.Put.class, name = "put"),
    @JsonSubTypes.Type(value = Change.Remove.class, name = "remove"),
    @JsonSubTypes.Type(value = Change.Disown.class, name = "disown"),
})
public sealed interface Change {
    ObjectKind kind();

    String id();

    /** The object as it is from the batch's index on, except for its version, which is that index. */
    record Put(
            @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, include = JsonTypeInfo.As.WRAPPER_OBJECT)
            @JsonSubTypes({
                @JsonSubTypes.Type(value = Cluster.class, name = "cluster"),
                @JsonSubTypes.Type(value = Node.class, name = "node"),
                @JsonSubTypes.Type(value = Service.class, name = "service"),
                @JsonSubTypes.Type(value = SpecRevision.class, name = "revision"),
                @JsonSubTypes.Type(value = Task.class, name = "task"),
                @JsonSubTypes.Type(value = Network.class, name = "network"),
                @JsonSubTypes.Type(value = Image.class, name = "image"),
                @JsonSubTypes.Type(value = Container.class, name = "container"),
                @JsonSubTypes.Type(value = NodeVolume.class, name = "volume"),
                @JsonSubTypes.Type(value = SwarmVolume.class, name = "swarmvolume"),
                @JsonSubTypes.Type(value = Secret.class, name = "secret"),
                @JsonSubTypes.Type(value = Config.class, name = "config"),
            })
            StoreObject object)
            implements Change {
        @Override
        public ObjectKind kind() {
            return object.kind();
        }

        @Override
        public String id() {
            return object.id();
        }
    }

    record Remove(ObjectKind kind, String id) implements Change {}

    /**
     * A node has a task, or a container of no service, which the cluster does not know: it was away for longer than the
     * bus remembers that it was taken back. Changes no object; the node is told once more.
     */
    record Disown(String nodeId, ObjectKind kind, String id) implements Change {
        public Disown {
            // entries written before containers could be disowned name no kind
            kind = kind == null ? ObjectKind.TASK : kind;
        }
    }
}
