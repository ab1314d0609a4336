package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonProperty;

/** TaskState. */
public enum TaskState {
    @JsonProperty("new")
    NEW,
    @JsonProperty("allocated")
    ALLOCATED,
    @JsonProperty("pending")
    PENDING,
    @JsonProperty("assigned")
    ASSIGNED,
    @JsonProperty("accepted")
    ACCEPTED,
    @JsonProperty("preparing")
    PREPARING,
    @JsonProperty("ready")
    READY,
    @JsonProperty("starting")
    STARTING,
    @JsonProperty("running")
    RUNNING,
    @JsonProperty("complete")
    COMPLETE,
    @JsonProperty("shutdown")
    SHUTDOWN,
    @JsonProperty("failed")
    FAILED,
    @JsonProperty("rejected")
    REJECTED,
    @JsonProperty("remove")
    REMOVE,
    @JsonProperty("orphaned")
    ORPHANED
}
