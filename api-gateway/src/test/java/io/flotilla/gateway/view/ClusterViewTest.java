package io.flotilla.gateway.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.memory.MemoryBus;
import io.flotilla.bus.schema.Network;
import io.flotilla.bus.schema.NetworkBuilder;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import io.flotilla.gateway.error.ApiException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClusterViewTest {
    private final MemoryBus bus = new MemoryBus(InstantSource.fixed(Instant.EPOCH));

    private void publish(String id, @Nullable String name, long index, boolean endOfBatch) {
        Network network = NetworkBuilder.builder()
                .id(id)
                .version(new ObjectVersion(index))
                .createdAt(Instant.EPOCH)
                .updatedAt(Instant.EPOCH)
                .name(String.valueOf(name))
                .build();
        byte[] value = name == null ? null : Codec.JSON.encode(network);
        bus.publish(new OutRecord(Topic.OBJECTS, 0, ObjectKind.NETWORK.key(id), value, index, endOfBatch))
                .join();
    }

    @Test
    void nothingIsShownBeforeTheHistoryIsRead() {
        try (ClusterView view = ClusterView.follow(bus)) {
            assertThatThrownBy(view::image).isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.status())
                    .isEqualTo(503));
            bus.deliver();
            assertThat(view.image().index()).isZero();
        }
    }

    @Test
    void compactedHistoryIsShownWhole() {
        publish("a", "one", 1, false);
        publish("b", "two", 1, true);
        publish("b", "three", 2, false);
        publish("c", "gone", 2, true);
        publish("c", null, 3, true);
        bus.compact();
        try (ClusterView view = ClusterView.follow(bus)) {
            bus.deliver();
            assertThat(view.image().networks()).extracting(Network::name).containsExactlyInAnyOrder("one", "three");
        }
    }

    @Test
    void onlyWholeBatchesAreShownAndOlderValuesSkipped() {
        publish("a", "one", 5, true);
        try (ClusterView view = ClusterView.follow(bus);
                ClusterView.Follower follower = view.follower()) {
            bus.deliver();
            assertThat(follower.next(Duration.ZERO)).isPresent();
            publish("a", "half", 6, false);
            bus.deliver();
            assertThat(follower.next(Duration.ZERO)).isEmpty();
            publish("b", "other half", 6, true);
            bus.deliver();
            assertThat(follower.next(Duration.ZERO)).isPresent();
            publish("a", "stale", 4, true);
            bus.deliver();
            assertThat(view.image().networks())
                    .extracting(Network::name)
                    .containsExactlyInAnyOrder("half", "other half");
            assertThat(view.image().index()).isEqualTo(6);
        }
    }

    @Test
    void anIndexThatDoesNotComeIsTheReason() {
        try (ClusterView view = ClusterView.follow(bus)) {
            bus.deliver();
            assertThatThrownBy(() -> view.awaitIndex(9, Duration.ofMillis(1)))
                    .isInstanceOfSatisfying(
                            ApiException.class, e -> assertThat(e.status()).isEqualTo(503))
                    .hasMessageContaining("committed as index 9");
        }
    }

    @Test
    void kindsOfNewerManagersAreSkipped() {
        bus.publish(new OutRecord(Topic.OBJECTS, 0, "gizmo/x", new byte[] {'{', '}'}, 3, true))
                .join();
        try (ClusterView view = ClusterView.follow(bus)) {
            bus.deliver();
            assertThat(view.image().index()).isEqualTo(3);
        }
    }

    @Test
    void aRecordNobodyCanReadStopsTheViewAndSaysWhere() {
        bus.publish(new OutRecord(Topic.OBJECTS, 0, "network/x", new byte[] {'{'}, 3, true))
                .join();
        try (ClusterView view = ClusterView.follow(bus)) {
            bus.deliver();
            assertThat(view.failure()).isPresent();
            assertThatThrownBy(view::image).hasMessageContaining("network/x");
        }
    }
}
