package io.flotilla.agent.exec;

import io.flotilla.agent.runtime.ExecProcess;
import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.agent.stream.ClientSession;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Where an exec's output goes: to its client, held up by that; dropped once it has left or when there never was one. */
final class ExecOutput implements OutputSink {
    private volatile @Nullable ClientSession client;
    private volatile @Nullable ExecProcess process;

    /** @param client null: detached */
    ExecOutput(@Nullable ClientSession client) {
        this.client = client;
        if (client != null) {
            client.output().onRoom(this::resume);
            client.onLeave(() -> {
                this.client = null;
                resume();
            });
        }
    }

    /** The process that writes here; it may have written already. */
    void of(ExecProcess started) {
        process = started;
        // room there was before there was a process to tell
        started.resumeOutput();
    }

    private void resume() {
        ExecProcess held = process;
        if (held != null) {
            held.resumeOutput();
        }
    }

    @Override
    public boolean write(Stream stream, ByteBuffer bytes) {
        ClientSession to = client;
        if (to == null) {
            return true;
        }
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return to.output().offer(stream, copy);
    }

    /** The session ends with the process, which has an exit code then. */
    @Override
    public void end(Stream stream) {}
}
