package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Current local status of this node. */
public enum LocalNodeState {
    @JsonProperty("inactive")
    INACTIVE,
    @JsonProperty("pending")
    PENDING,
    @JsonProperty("active")
    ACTIVE,
    @JsonProperty("error")
    ERROR,
    @JsonProperty("locked")
    LOCKED
}
