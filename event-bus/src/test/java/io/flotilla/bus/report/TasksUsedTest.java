package io.flotilla.bus.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.codec.Codec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class TasksUsedTest {
    @Test
    void whatIsReportedIsReadAgain() throws IOException {
        Report used = new Report.TasksUsed(
                "n1",
                List.of(
                        new Report.TasksUsed.Usage("t1", 5, 6, 0.2),
                        new Report.TasksUsed.Usage("t2", 5, 6, 0.0),
                        new Report.TasksUsed.Usage("t3", 5, 6, null)));

        assertThat(Codec.JSON.decode(Codec.JSON.encode(used), Report.class)).isEqualTo(used);
    }

    @Test
    void anAgentThatDoesNotCountConnectionsIsUnderstood() throws IOException {
        String earlier = """
                {"Report":"TasksUsed","nodeId":"n1","usages":[{"taskId":"t1","nanoCpus":5,"memoryBytes":6}]}""";

        assertThat(Codec.JSON.decode(earlier.getBytes(StandardCharsets.UTF_8), Report.class))
                .isEqualTo(new Report.TasksUsed("n1", List.of(new Report.TasksUsed.Usage("t1", 5, 6, null))));
    }
}
