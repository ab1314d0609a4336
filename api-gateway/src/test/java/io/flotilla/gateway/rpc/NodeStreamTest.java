package io.flotilla.gateway.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NodeStreamTest {
    private final Deque<List<String>> messages = new ArrayDeque<>();

    private final NodeStream<List<String>> source = new NodeStream<>() {
        @Override
        public @Nullable List<String> next() {
            return messages.poll();
        }

        @Override
        public boolean ready() {
            return !messages.isEmpty();
        }

        @Override
        public void close() {
            messages.clear();
        }
    };

    @Test
    void partsComeOneAfterTheOtherAndSayWhetherMoreIsHere() {
        messages.addAll(List.of(List.of("a", "b"), List.of(), List.of("c")));
        NodeStream<String> parts = source.split(message -> message);
        assertThat(parts.next()).isEqualTo("a");
        assertThat(parts.ready()).isTrue();
        assertThat(parts.next()).isEqualTo("b");
        assertThat(parts.next()).isEqualTo("c");
        assertThat(parts.ready()).isFalse();
        assertThat(parts.next()).isNull();
    }

    @Test
    void nothingComesOfAMessageOnceItIsClosed() {
        messages.add(List.of("a", "b"));
        NodeStream<String> parts = source.split(message -> message);
        assertThat(parts.next()).isEqualTo("a");
        parts.close();
        assertThat(parts.next()).isNull();
    }
}
