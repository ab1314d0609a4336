package io.flotilla.bus.topic;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps what a subscription told it. */
public final class RecordingReader implements Bus.Reader {
    private final List<InRecord> records = new ArrayList<>();
    private final List<Integer> readWhenCaughtUp = new ArrayList<>();
    private final List<BusException> interruptions = new ArrayList<>();
    private @Nullable Throwable failure;

    @Override
    public synchronized void read(List<InRecord> read) {
        if (read.isEmpty()) {
            throw new IllegalStateException("read nothing");
        }
        records.addAll(read);
        if (read.stream().anyMatch(record -> record.key().equals("poison"))) {
            throw new IllegalStateException("poisoned");
        }
    }

    @Override
    public synchronized void caughtUp() {
        readWhenCaughtUp.add(records.size());
    }

    @Override
    public synchronized void interrupted(BusException reason) {
        interruptions.add(reason);
    }

    @Override
    public synchronized void failed(Throwable cause) {
        failure = cause;
    }

    public synchronized List<InRecord> records() {
        return List.copyOf(records);
    }

    public synchronized List<String> values() {
        return records.stream().map(RecordingReader::value).toList();
    }

    public static String value(InRecord in) {
        byte[] value = in.value();
        return value == null ? "-" : new String(value, StandardCharsets.UTF_8);
    }

    /** How many records had been read at each call of caughtUp: one element when it was called once. */
    public synchronized List<Integer> readWhenCaughtUp() {
        return List.copyOf(readWhenCaughtUp);
    }

    public synchronized List<BusException> interruptions() {
        return List.copyOf(interruptions);
    }

    public synchronized @Nullable Throwable failure() {
        return failure;
    }
}
