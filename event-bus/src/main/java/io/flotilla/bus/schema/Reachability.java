package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Reachability represents the reachability of a node. */
public enum Reachability {
    @JsonProperty("unknown")
    UNKNOWN,
    @JsonProperty("unreachable")
    UNREACHABLE,
    @JsonProperty("reachable")
    REACHABLE
}
