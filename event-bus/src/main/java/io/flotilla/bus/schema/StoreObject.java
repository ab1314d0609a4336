package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.time.Instant;

/** An object of the cluster's state. Its {@link #version()} is the Raft index of its last change. */
public sealed interface StoreObject
        permits Cluster,
                Node,
                Service,
                SpecRevision,
                Task,
                Network,
                Image,
                Container,
                NodeVolume,
                SwarmVolume,
                StoredValue {
    String id();

    ObjectVersion version();

    Instant createdAt();

    Instant updatedAt();

    @JsonIgnore
    ObjectKind kind();

    /** The same object as committed at an index. */
    StoreObject stamped(ObjectVersion committed);
}
