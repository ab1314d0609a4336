package io.flotilla.gateway.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.ImageBuilder;
import io.flotilla.bus.schema.ObjectVersion;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImageHistoryTest {

    private static List<Long> sizes(List<Long> layerSizesBytes) throws IOException {
        Image image = ImageBuilder.builder()
                .id("sha256:1")
                .version(new ObjectVersion(1))
                .createdAt(Instant.EPOCH)
                .updatedAt(Instant.EPOCH)
                .config((ObjectNode) Codec.JSON.mapper().readTree("""
                                {"history":[{"created_by":"ADD a"},{"created_by":"ENV b","empty_layer":true},
                                            {"created_by":"ADD c"},{"created_by":"CMD d","empty_layer":true}]}"""))
                .layerSizesBytes(layerSizesBytes)
                .build();
        List<Long> sizes = new ArrayList<>();
        for (JsonNode step : ImageView.history(image)) {
            sizes.add(step.path("Size").asLong());
        }
        return sizes;
    }

    @Test
    void eachStepThatMadeALayerHasItsSize() throws IOException {
        assertThat(sizes(List.of(10L, 20L))).containsExactly(0L, 20L, 0L, 10L);
    }

    @Test
    void historyThatNamesMoreLayersThanThereAreIsShownWithoutTheirSizes() throws IOException {
        assertThat(sizes(List.of(10L))).containsExactly(0L, 10L, 0L, 0L);
    }
}
