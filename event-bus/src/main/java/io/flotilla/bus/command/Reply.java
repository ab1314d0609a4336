package io.flotilla.bus.command;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.schema.ImageDeleteResponseItem;
import io.flotilla.bus.seal.Confidential;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The managers' answer to a {@link Command}. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "Reply")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Reply.Done.class, name = "Done"),
    @JsonSubTypes.Type(value = Reply.Refused.class, name = "Refused"),
    @JsonSubTypes.Type(value = Reply.Disclosed.class, name = "Disclosed"),
})
public sealed interface Reply {

    /**
     * Committed.
     *
     * @param index Raft index of the batch; a read of the same client waits until its view has it
     * @param id of the object that was made or changed
     * @param deleted what an image removal took away, in Docker's words
     * @param handover what a node is to make true because of it; the gateway may hand it over ahead of the bus
     */
    record Done(
            long index,
            @Nullable String id,
            List<String> warnings,
            List<ImageDeleteResponseItem> deleted,
            @Nullable Handover handover)
            implements Reply {
        public Done {
            warnings = warnings == null ? List.of() : List.copyOf(warnings);
            deleted = deleted == null ? List.of() : List.copyOf(deleted);
        }

        public static Done of(@Nullable String id) {
            return new Done(0, id, List.of(), List.of(), null);
        }

        /** The same, with what the client is to be warned of. */
        public Done warning(List<String> of) {
            return new Done(index, id, of, deleted, handover);
        }

        /** As of the index its batch committed at. */
        public Done at(long committed) {
            return new Done(committed, id, warnings, deleted, handover);
        }
    }

    /** A node's share of a change, as it also goes to flotilla.assignments. */
    record Handover(String nodeId, Assignment assignment) {}

    /** The value that was asked for. @param context what it is sealed for */
    record Disclosed(String context, Confidential value) implements Reply {}

    /** Nothing was changed. */
    record Refused(Refusal refusal) implements Reply {}
}
