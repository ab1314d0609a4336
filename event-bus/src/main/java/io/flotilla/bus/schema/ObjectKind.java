package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What the cluster's state is made of; the JSON name is also the first part of a key on flotilla.objects. */
public enum ObjectKind {
    @JsonProperty("cluster")
    CLUSTER("cluster", Cluster.class),
    @JsonProperty("node")
    NODE("node", Node.class),
    @JsonProperty("service")
    SERVICE("service", Service.class),
    @JsonProperty("revision")
    REVISION("revision", SpecRevision.class),
    @JsonProperty("task")
    TASK("task", Task.class),
    @JsonProperty("network")
    NETWORK("network", Network.class),
    @JsonProperty("image")
    IMAGE("image", Image.class),
    @JsonProperty("container")
    CONTAINER("container", Container.class),
    @JsonProperty("volume")
    VOLUME("volume", NodeVolume.class),
    @JsonProperty("swarmvolume")
    SWARM_VOLUME("swarmvolume", SwarmVolume.class),
    @JsonProperty("secret")
    SECRET("secret", Secret.class),
    @JsonProperty("config")
    CONFIG("config", Config.class);

    private final String jsonName;
    private final Class<? extends StoreObject> type;

    ObjectKind(String jsonName, Class<? extends StoreObject> type) {
        this.jsonName = jsonName;
        this.type = type;
    }

    public String jsonName() {
        return jsonName;
    }

    public Class<? extends StoreObject> type() {
        return type;
    }

    /** The key of an object of this kind on flotilla.objects. */
    public String key(String id) {
        return jsonName + "/" + id;
    }
}
