package io.flotilla.agent.reconcile;

import com.fasterxml.jackson.core.JacksonException;
import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads this node's assignments. Until everything that was there at the beginning is read, only the last record of each key
 * is kept: a task whose end is further on in the topic must not be started again. Called by the bus's one thread.
 */
final class AssignmentReader implements Bus.Reader {
    private static final Logger LOG = Logger.getLogger(AssignmentReader.class);

    private final String prefix;
    private final Taker taker;
    private final Runnable onInterrupted;
    private final Consumer<Throwable> onFailed;
    private @Nullable Map<String, InRecord> backlog = new LinkedHashMap<>();

    /** What assignments become of. */
    interface Taker {
        /** @param backlog it was there before this process began to read */
        void take(Assignment assignment, long index, boolean backlog);

        /** All was taken that was there when this process began to read. */
        void caughtUp();

        /** @param kind task, container, image, secret, config, clustervolume or volumecontrol */
        void withdraw(String kind, String id, long index);

        /** @param reason why the assignment can't be followed, in words for the user */
        void refuse(String kind, String id, String reason);
    }

    AssignmentReader(String nodeId, Taker taker, Runnable onInterrupted, Consumer<Throwable> onFailed) {
        this.prefix = nodeId + "/";
        this.taker = taker;
        this.onInterrupted = onInterrupted;
        this.onFailed = onFailed;
    }

    @Override
    public void read(List<InRecord> records) {
        for (InRecord record : records) {
            if (!record.key().startsWith(prefix)) {
                // another node's on the same partition
                continue;
            }
            if (backlog != null) {
                backlog.put(record.key(), record);
            } else {
                take(record, false);
            }
        }
    }

    @Override
    public void caughtUp() {
        Map<String, InRecord> read = backlog;
        backlog = null;
        if (read != null) {
            read.values().forEach(record -> take(record, true));
            taker.caughtUp();
        }
    }

    private void take(InRecord record, boolean ofBacklog) {
        String[] key = record.key().substring(prefix.length()).split("/", 2);
        byte[] value = record.value();
        if (key.length != 2) {
            if (value != null) {
                taker.refuse("", key[0], "no kind of assignment has such a key");
            }
            return;
        }
        if (value == null) {
            taker.withdraw(key[0], key[1], record.index());
            return;
        }
        Assignment assignment;
        try {
            assignment = Codec.JSON.decode(value, Assignment.class);
        } catch (JacksonException unreadable) {
            taker.refuse(key[0], key[1], unread(unreadable.getOriginalMessage()));
            return;
        } catch (IOException unreadable) {
            taker.refuse(key[0], key[1], unread(String.valueOf(unreadable.getMessage())));
            return;
        }
        if (assignment.id().equals(key[1])) {
            taker.take(assignment, record.index(), ofBacklog);
        } else {
            taker.refuse(key[0], key[1], "the assignment under this key is of " + assignment.id());
        }
    }

    private static String unread(String why) {
        return "this node's version of Flotilla can't read the assignment: " + why;
    }

    @Override
    public void interrupted(BusException reason) {
        LOG.warnf("assignments do not arrive: %s", reason.getMessage());
        onInterrupted.run();
    }

    @Override
    public void failed(Throwable cause) {
        onFailed.accept(cause);
    }
}
