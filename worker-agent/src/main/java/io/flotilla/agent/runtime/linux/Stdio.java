package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.linux.Keepers.Keeper;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The agent's ends of a container's stdin, stdout and stderr. FIFOs in the run folder, or a terminal: either outlives the
 * agent. Nothing here waits but the streams {@link #openStdin} gives.
 *
 * <p>Stdin is a FIFO the container has open for writing too, so that it never ends; with stdinOnce the container can only
 * read it, and a keeper's end is what keeps it open until the first stream is closed.
 */
final class Stdio implements AutoCloseable {
    private static final int OTHER_FAILURE = 128;

    private final RuntimeSpec spec;
    private final RunFolder folder;
    private final @Nullable Terminal terminal;
    private final @Nullable Keeper keeper;
    private final List<OutputReader.Source> sources;
    private final Set<StdinStream> streams = ConcurrentHashMap.newKeySet();

    private Stdio(
            RuntimeSpec spec,
            RunFolder folder,
            @Nullable Terminal terminal,
            @Nullable Keeper keeper,
            List<OutputReader.Source> sources) {
        this.spec = spec;
        this.folder = folder;
        this.terminal = terminal;
        this.keeper = keeper;
        this.sources = sources;
    }

    /** Of a container that is to start; {@code terminal} is taken over. */
    static Stdio open(RuntimeSpec spec, RunFolder folder, @Nullable Terminal terminal, Keepers keepers)
            throws IOException {
        if (terminal != null) {
            return of(spec, folder, terminal, keepers.keep(terminal.master().number(), folder));
        }
        if (!stdinEnds(spec)) {
            return ofFifos(spec, folder, null);
        }
        try (var descriptors = new Descriptors()) {
            // without a reader the other open would be refused
            descriptors.open(folder.stdin(), Libc.O_RDWR);
            int writer = descriptors.open(folder.stdin(), Libc.O_WRONLY);
            Keeper keeper = keepers.keep(writer, folder);
            try {
                return ofFifos(spec, folder, keeper);
            } catch (KernelException e) {
                keeper.end();
                throw e;
            }
        }
    }

    /** Of a container that an earlier agent started. */
    static Stdio reopen(RuntimeSpec spec, RunFolder folder, Keepers keepers) throws IOException {
        Optional<Keeper> keeper = keepers.find(folder);
        if (!spec.process().terminal()) {
            return ofFifos(spec, folder, keeper.orElse(null));
        }
        if (keeper.isEmpty()) {
            throw new IOException("nothing keeps its terminal any more");
        }
        return of(spec, folder, Terminal.ofMaster(keeper.get().take()), keeper.get());
    }

    private static Stdio of(RuntimeSpec spec, RunFolder folder, Terminal terminal, Keeper keeper) {
        var source = new OutputReader.Source(Stream.STDOUT, terminal.master());
        return new Stdio(spec, folder, terminal, keeper, List.of(source));
    }

    private static Stdio ofFifos(RuntimeSpec spec, RunFolder folder, @Nullable Keeper keeper) throws KernelException {
        // both ends, so that neither the container's nor this process's end takes the other's away
        int flags = Libc.O_RDWR | Libc.O_NONBLOCK;
        var out = new SharedDescriptor(Descriptors.openForGood(folder.stdout(), flags));
        SharedDescriptor err;
        try {
            err = new SharedDescriptor(Descriptors.openForGood(folder.stderr(), flags));
        } catch (KernelException e) {
            out.close();
            throw e;
        }
        // the container may open /dev/stdout anew, as its own user
        RuntimeSpec.User owner = spec.process().user();
        Libc.fchown(out.number(), owner.uid(), owner.gid());
        Libc.fchown(err.number(), owner.uid(), owner.gid());
        return new Stdio(spec, folder, null, keeper, Supervision.sources(out, err));
    }

    static boolean stdinEnds(RuntimeSpec spec) {
        return spec.process().openStdin()
                && spec.process().stdinOnce()
                && !spec.process().terminal();
    }

    List<OutputReader.Source> sources() {
        return sources;
    }

    void resize(int rows, int columns, SharedDescriptor process) throws IOException {
        if (terminal == null) {
            throw new RuntimeFailure("container " + spec.id() + " has no terminal", OTHER_FAILURE, false, null);
        }
        if (spec.ociRuntime() != null) {
            // of the two terminals crun 1.8 sizes only its own, runc both
            Terminal.resizeStdin(process, rows, columns);
        }
        terminal.resize(rows, columns);
    }

    OutputStream openStdin(SharedDescriptor process) throws IOException {
        if (!spec.process().openStdin()) {
            throw new RuntimeFailure("container " + spec.id() + " has no open stdin", OTHER_FAILURE, false, null);
        }
        boolean ends = stdinEnds(spec);
        if (ends && (keeper == null || keeper.ended())) {
            throw new RuntimeFailure("the stdin of container " + spec.id() + " was closed", OTHER_FAILURE, false, null);
        }
        int fd = terminal == null
                ? Descriptors.openForGood(folder.stdin(), Libc.O_WRONLY | Libc.O_NONBLOCK)
                : terminal.master().duplicate("terminal");
        StdinStream stream = StdinStream.of(fd, process, ends ? this::endStdin : () -> {});
        if (ends) {
            streams.add(stream);
        }
        return stream;
    }

    /** The first of its streams was closed: the container reads its end of file once nobody has it open. */
    private void endStdin() {
        if (keeper != null) {
            keeper.end();
        }
        for (StdinStream stream : streams) {
            streams.remove(stream);
            stream.close();
        }
    }

    /** The container runs on without this agent: what keeps its terminal and stdin open stays. */
    void leave() {
        if (terminal != null) {
            terminal.close();
        }
    }

    /** When the container has ended; the output descriptors are their reader's to close. */
    void release() {
        if (terminal != null) {
            terminal.close();
        }
        if (keeper != null) {
            keeper.end();
        }
    }

    /** When it has not begun. */
    @Override
    public void close() {
        sources.forEach(OutputReader.Source::close);
        release();
    }
}
