package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Reply;
import io.flotilla.manager.state.Batch;
import java.util.List;

/**
 * What came out of one turn.
 *
 * @param proposed whether the batch is worth an entry; if not, the answers hold at once
 * @param answers to be given when the batch has committed: also a refusal may rest on what is not committed yet
 */
public record Evaluation(Batch batch, boolean proposed, List<Answer> answers) {
    public Evaluation {
        answers = List.copyOf(answers);
    }

    public record Answer(long ticket, Reply reply) {
        /** The answer as of the index the batch committed at. */
        public Reply at(long index) {
            return reply instanceof Reply.Done done ? done.at(index) : reply;
        }
    }
}
