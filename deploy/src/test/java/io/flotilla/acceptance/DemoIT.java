package io.flotilla.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The README's first command, and what takes it away again. */
final class DemoIT {
    @Test
    void theDemoRunsAServiceAndDownRemovesAllOfIt() throws IOException {
        try (Host host = Host.make("demo")) {
            String shown = host.flotilla("demo").ok();

            assertThat(shown)
                    .contains("flotilla-demo.1", "flotilla-demo.2", "flotilla-demo.3", "running")
                    .contains("answers: replica-1", "answers: replica-2", "answers: replica-3")
                    .contains("docker service create");

            assertThat(host.flotilla("demo", "--down").ok()).contains("The demo and its instance are removed");
            assertThat(host.dataDir()).doesNotExist();
            assertThat(host.inside("ip", "-o", "link").lines()).as("links").hasSize(1);
        }
    }
}
