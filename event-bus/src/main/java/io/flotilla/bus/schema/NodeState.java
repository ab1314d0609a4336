package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonProperty;

/** NodeState represents the state of a node. */
public enum NodeState {
    @JsonProperty("unknown")
    UNKNOWN,
    @JsonProperty("down")
    DOWN,
    @JsonProperty("ready")
    READY,
    @JsonProperty("disconnected")
    DISCONNECTED
}
