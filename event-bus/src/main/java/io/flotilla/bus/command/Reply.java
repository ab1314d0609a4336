package io.flotilla.bus.command;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.flotilla.bus.schema.ImageDeleteResponseItem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The managers' answer to a {@link Command}. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "Reply")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Reply.Done.class, name = "Done"),
    @JsonSubTypes.Type(value = Reply.Refused.class, name = "Refused"),
})
public sealed interface Reply {

    /**
     * Committed.
     *
     * @param index Raft index of the batch; a read of the same client waits until its view has it
     * @param id of the object that was made or changed
     * @param deleted what an image removal took away, in Docker's words
     */
    record Done(long index, @Nullable String id, List<String> warnings, List<ImageDeleteResponseItem> deleted)
            implements Reply {
        public Done {
            warnings = warnings == null ? List.of() : List.copyOf(warnings);
            deleted = deleted == null ? List.of() : List.copyOf(deleted);
        }
    }

    /** Nothing was changed. */
    record Refused(Refusal refusal) implements Reply {}
}
