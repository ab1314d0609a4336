package io.flotilla.agent.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.log.ContainerLogs;
import io.flotilla.agent.log.LogOptions;
import io.flotilla.agent.log.LogQuery;
import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.agent.stream.ClientSession.Terms;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerStreamsTest {
    private static final String ID = "c1";
    private static final Set<Stream> BOTH = EnumSet.allOf(Stream.class);

    private Path folder;
    private final StreamsRuntime runtime = new StreamsRuntime();
    private final ContainerStreams streams = new ContainerStreams(runtime.runtime());
    private final ContainerLogs logs = new ContainerLogs(InstantSource.system());
    private final AtomicInteger asked = new AtomicInteger();
    private LogOptions options;

    @BeforeEach
    void open(@TempDir Path given) throws Exception {
        folder = given;
        options = LogOptions.parse("json-file", Map.of(), Map.of(), List.of());
    }

    private OutputSink begin() throws Exception {
        return streams.begin(ID, false, logs.open(ID, folder.resolve("log"), options));
    }

    private static boolean write(OutputSink to, Stream stream, String text) {
        return to.write(stream, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void end(OutputSink of) {
        of.end(Stream.STDOUT);
        of.end(Stream.STDERR);
    }

    private ClientSession session(RecordingClient client, @Nullable DetachKeys keys, boolean closes, boolean log) {
        return new ClientSession(
                new Terms(BOTH, true, keys, closes, log), client, asked::incrementAndGet, Runnable::run);
    }

    private RecordingClient attach(boolean log) throws Exception {
        RecordingClient client = new RecordingClient();
        ClientSession session = session(client, null, true, log);
        if (log) {
            streams.attachWithLog(ID, session, this::endedLog, true);
        } else {
            streams.attach(ID, session);
        }
        return client;
    }

    private io.flotilla.agent.log.LogReader endedLog() throws java.io.IOException, io.flotilla.agent.log.LogRefused {
        return logs.read(ID, folder.resolve("log"), options, new LogQuery(0, 0, -1, false));
    }

    @Test
    void everyClientGetsEveryByteFromItsAttachmentOn() throws Exception {
        RecordingClient early = attach(false);
        OutputSink output = begin();
        write(output, Stream.STDOUT, "one");
        RecordingClient late = attach(false);
        write(output, Stream.STDERR, "two");
        end(output);
        assertThat(early.stdout()).isEqualTo("one");
        assertThat(early.stderr()).isEqualTo("two");
        assertThat(late.stdout()).isEmpty();
        assertThat(late.stderr()).isEqualTo("two");
        assertThat(early.ended()).isTrue();
        assertThat(late.failure()).isNull();
    }

    @Test
    void attachmentIsToldByAnEmptyFrame() throws Exception {
        RecordingClient client = attach(false);
        assertThat(client.frames()).isEqualTo(1);
        assertThat(client.stdout()).isEmpty();
    }

    @Test
    void clientThatDoesNotReadHoldsUpTheContainerAndLosesNothing() throws Exception {
        RecordingClient slow = new RecordingClient();
        ClientSession session = session(slow, null, true, false);
        streams.attach(ID, session);
        RecordingClient quick = attach(false);
        OutputSink output = begin();
        slow.reads(false);
        int written = 0;
        while (write(output, Stream.STDOUT, "x".repeat(1000))) {
            written++;
        }
        assertThat(written).as("bounded").isLessThan(300);
        assertThat(runtime.resumed).hasValue(0);
        slow.reads(true);
        session.output().deliver();
        assertThat(runtime.resumed).hasValue(1);
        assertThat(slow.stdout()).hasSize((written + 1) * 1000).isEqualTo(quick.stdout());
    }

    @Test
    void clientThatLeavesLetsTheContainerGoOn() throws Exception {
        RecordingClient slow = new RecordingClient();
        ClientSession session = session(slow, null, true, false);
        streams.attach(ID, session);
        OutputSink output = begin();
        slow.reads(false);
        while (write(output, Stream.STDOUT, "x".repeat(1000))) {}
        session.clientLeft();
        assertThat(runtime.resumed).hasValue(1);
        assertThat(write(output, Stream.STDOUT, "more")).isTrue();
        end(output);
        assertThat(slow.ended()).as("nobody is there to be told").isFalse();
    }

    @Test
    void logComesFirstAndNoByteIsLostOrRepeatedAtTheSeam() throws Exception {
        Random random = new Random(7);
        for (int round = 0; round < 50; round++) {
            String id = "seam" + round;
            OutputSink output = streams.begin(id, false, logs.open(id, folder.resolve(id), options));
            StringBuilder expected = new StringBuilder();
            int attachAt = random.nextInt(20);
            RecordingClient client = new RecordingClient();
            for (int i = 0; i < 20; i++) {
                if (i == attachAt) {
                    streams.attachWithLog(id, session(client, null, true, true), this::endedLog, true);
                }
                String text = Integer.toString(i).repeat(random.nextInt(2000)) + (random.nextBoolean() ? "\n" : "");
                expected.append(text);
                if (!text.isEmpty()) {
                    write(output, Stream.STDOUT, text);
                }
            }
            end(output);
            assertThat(client.stdout()).isEqualTo(expected.toString());
            assertThat(client.ended()).isTrue();
        }
    }

    @Test
    void logOfAnEndedContainerIsReadAndTheNextRunFollows() throws Exception {
        OutputSink first = begin();
        write(first, Stream.STDOUT, "first\n");
        end(first);
        logs.close(ID);
        RecordingClient client = attach(true);
        OutputSink second = begin();
        write(second, Stream.STDOUT, "second\n");
        end(second);
        assertThat(client.stdout()).isEqualTo("first\nsecond\n");
    }

    @Test
    void whatWasTypedBeforeTheStartReachesTheContainerAndEndsItsInput() throws Exception {
        ClientSession session = session(new RecordingClient(), null, true, false);
        streams.attach(ID, session);
        session.input().write("hello ".getBytes(StandardCharsets.UTF_8));
        session.input().end();
        begin();
        assertThat(runtime.typed()).isEmpty();
        streams.started(ID);
        assertThat(runtime.typed()).isEqualTo("hello ");
        assertThat(runtime.stdinClosed).isTrue();
        assertThat(asked).hasValue(1);
    }

    @Test
    void clientThatHasNoMoreToSayToASharedInputHasEndedItsSession() throws Exception {
        RecordingClient client = new RecordingClient();
        ClientSession session = session(client, null, false, false);
        OutputSink output = begin();
        streams.started(ID);
        streams.attach(ID, session);
        session.input().end();
        assertThat(client.ended()).isTrue();
        assertThat(runtime.stdinClosed).as("its descriptors are freed").isTrue();
        write(output, Stream.STDOUT, "unheard");
        assertThat(client.stdout()).isEmpty();
    }

    @Test
    void clientThatLeavesEndsAWriteTheContainerDoesNotTake() throws Exception {
        RecordingClient client = new RecordingClient();
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        ClientSession session = new ClientSession(
                new Terms(BOTH, true, null, true, false), client, asked::incrementAndGet, work -> Thread.ofPlatform()
                        .daemon()
                        .start(work));
        session.input().open(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                blocked.countDown();
                try {
                    closed.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                throw new IOException("closed");
            }

            @Override
            public void close() {
                closed.countDown();
            }
        });
        session.input().write(new byte[] {1});
        blocked.await();
        session.clientLeft();
        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void inputThatOpensAfterTheClientHasLeftIsClosed() throws Exception {
        ClientSession session = session(new RecordingClient(), null, true, false);
        session.clientLeft();
        session.input().open(runtime.stdin());
        assertThat(runtime.stdinClosed).isTrue();
    }

    @Test
    void detachKeysEndTheSessionAndAreNotTyped() throws Exception {
        RecordingClient client = new RecordingClient();
        ClientSession session = session(client, DetachKeys.parse("").orElseThrow(), false, false);
        AtomicInteger detached = new AtomicInteger();
        session.onDetach(detached::incrementAndGet);
        begin();
        streams.started(ID);
        streams.attach(ID, session);
        session.input().write(new byte[] {'a', 16});
        session.input().write(new byte[] {'b', 16, 17, 'c'});
        assertThat(client.ended()).isTrue();
        assertThat(detached).hasValue(1);
        assertThat(runtime.typed()).isEqualTo("a\u0010b");
    }

    @Test
    void containerThatDoesNotStartEndsItsClients() throws Exception {
        RecordingClient client = attach(false);
        begin();
        streams.notStarted(ID);
        assertThat(client.ended()).isTrue();
    }

    @Test
    void terminalIsOverWithItsOneStream() throws Exception {
        RecordingClient client = attach(false);
        OutputSink output = streams.begin(ID, true, logs.open(ID, folder.resolve("log"), options));
        write(output, Stream.STDOUT, "\u001b[0m\r\n");
        output.end(Stream.STDOUT);
        assertThat(client.stdout()).isEqualTo("\u001b[0m\r\n");
        assertThat(client.ended()).isTrue();
    }
}
