package io.flotilla.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.bus.schema.GenericResource;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class OptionsTest {
    @Test
    void nothingSaidMeansTheDefaultInstanceWithEveryRole() throws Exception {
        Options options = Options.parse(List.of());

        assertThat(options.dataDir()).isEqualTo(Path.of("/var/lib/flotilla"));
        assertThat(options.roles()).containsExactlyInAnyOrder(Role.values());
        assertThat(options.listen()).isEmpty();
    }

    @Test
    void valuesMayFollowAnEqualsSign() throws Exception {
        Options options = Options.parse(List.of("--roles=worker,gateway", "--listen", "tcp://127.0.0.1:2375"));

        assertThat(options.roles()).containsExactlyInAnyOrder(Role.WORKER, Role.GATEWAY);
        assertThat(options.listen()).singleElement().satisfies(a -> assertThat(a.getPort())
                .isEqualTo(2375));
    }

    @Test
    void wrongWordsAreNamed() {
        assertThatThrownBy(() -> Options.parse(List.of("--rolls", "x"))).hasMessageContaining("unknown option --rolls");
        assertThatThrownBy(() -> Options.parse(List.of("--roles", "boss"))).hasMessageContaining("'boss'");
        assertThatThrownBy(() -> Options.parse(List.of("--data-dir"))).hasMessageContaining("--data-dir needs a value");
        assertThatThrownBy(() -> Options.parse(List.of("--listen", "127.0.0.1:1")))
                .hasMessageContaining("must be tcp://ADDRESS:PORT");
    }

    @Test
    void wordsOfNoOptionAreOperands() throws Exception {
        Options options = Options.parse(List.of("--data-dir", "/d", "service", "--json", "web"));

        assertThat(options.operands()).containsExactly("service", "web");
        assertThat(options.has("--json")).isTrue();
    }

    @Test
    void addressesBeyondLoopbackAreRefusedWithoutTls() {
        assertThatThrownBy(() -> Options.parse(List.of("--listen", "tcp://0.0.0.0:2375")))
                .hasMessageContaining("only loopback addresses are served without TLS");
    }

    @Test
    void genericResourcesAreCountedOrNamed() throws Exception {
        Options options =
                Options.parse(List.of("--generic-resource", "gpu=UUID1,gpu=UUID2", "--generic-resource=apple=3"));

        assertThat(options.genericResources())
                .containsExactly(
                        new GenericResource(new GenericResource.Named("gpu", "UUID1"), null),
                        new GenericResource(new GenericResource.Named("gpu", "UUID2"), null),
                        new GenericResource(null, new GenericResource.Discrete("apple", 3)));
        assertThatThrownBy(() -> Options.parse(List.of("--generic-resource", "gpu")))
                .hasMessageContaining("must be KIND=NUMBER or KIND=NAME");
        assertThatThrownBy(() -> Options.parse(List.of("--generic-resource", "gpu=UUID1,gpu=2")))
                .hasMessageContaining("gpu has names and a number");
    }
}
