package io.flotilla.manager.raft;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Keeps every entry, and what the log told it. */
final class RecordingStateMachine implements StateMachine {
    private final TreeMap<Long, String> entries = new TreeMap<>();
    private final List<Leadership> leaderships = new ArrayList<>();
    private int entriesWhenLeading = -1;
    private int applied;
    private long restoredIndex;
    private @Nullable Throwable failure;

    @Override
    public synchronized void apply(long index, byte[] entry) {
        String text = new String(entry, StandardCharsets.UTF_8);
        if (text.equals("poison")) {
            throw new IllegalStateException("poisoned");
        }
        if (!entries.isEmpty() && index <= entries.lastKey()) {
            throw new IllegalStateException(index + " after " + entries.lastKey());
        }
        applied++;
        entries.put(index, text);
    }

    @Override
    public synchronized SnapshotWriter captureSnapshot() {
        var image = new TreeMap<>(entries);
        return out -> {
            var data = new DataOutputStream(out);
            data.writeInt(image.size());
            for (var entry : image.entrySet()) {
                data.writeLong(entry.getKey());
                byte[] text = entry.getValue().getBytes(StandardCharsets.UTF_8);
                data.writeInt(text.length);
                data.write(text);
            }
        };
    }

    @Override
    public synchronized void readSnapshot(long index, InputStream in) throws IOException {
        var data = new DataInputStream(in);
        entries.clear();
        for (int left = data.readInt(); left > 0; left--) {
            long at = data.readLong();
            entries.put(at, new String(data.readNBytes(data.readInt()), StandardCharsets.UTF_8));
        }
        restoredIndex = index;
    }

    @Override
    public synchronized void leaderChanged(Leadership leadership) {
        leaderships.add(leadership);
        if (leadership.self()) {
            entriesWhenLeading = entries.size();
        }
    }

    @Override
    public synchronized void failed(Throwable cause) {
        if (failure != null) {
            throw new IllegalStateException("told twice", cause);
        }
        failure = cause;
    }

    synchronized TreeMap<Long, String> entries() {
        return new TreeMap<>(entries);
    }

    synchronized List<String> texts() {
        return List.copyOf(entries.values());
    }

    synchronized List<Leadership> leaderships() {
        return List.copyOf(leaderships);
    }

    synchronized boolean leads() {
        return !leaderships.isEmpty() && leaderships.getLast().self();
    }

    /** How many entries had been applied when this member was told that it leads. */
    synchronized int entriesWhenLeading() {
        return entriesWhenLeading;
    }

    /** Entries applied one by one, not restored. */
    synchronized int applied() {
        return applied;
    }

    synchronized long restoredIndex() {
        return restoredIndex;
    }

    synchronized @Nullable Throwable failure() {
        return failure;
    }
}
