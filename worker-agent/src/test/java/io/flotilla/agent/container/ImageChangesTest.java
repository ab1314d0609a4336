package io.flotilla.agent.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.HealthConfig;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageChangesTest {
    private static final ContainerConfig IMAGE = ContainerConfigBuilder.builder()
            .env(List.of("PATH=/bin", "VERSION=7"))
            .cmd(List.of("serve"))
            .workingDir("/srv")
            .build();

    private static ContainerConfig changed(String... changes) throws PlanRefused {
        return ImageChanges.apply(IMAGE, List.of(changes));
    }

    @Test
    void shellFormRunsInAShellAndExecFormAsItIs() throws PlanRefused {
        assertThat(changed("CMD echo hello").cmd()).containsExactly("/bin/sh", "-c", "echo hello");
        assertThat(changed("cmd [\"echo\", \"a b\"]").cmd()).containsExactly("echo", "a b");
        assertThat(changed("CMD [not json]").cmd()).containsExactly("/bin/sh", "-c", "[not json]");
    }

    @Test
    void entryPointTakesTheCommandAwayUnlessOneIsGiven() throws PlanRefused {
        assertThat(changed("ENTRYPOINT [\"/run\"]").cmd()).isNull();
        ContainerConfig both = changed("CMD [\"x\"]", "ENTRYPOINT [\"/run\"]");
        assertThat(both.cmd()).containsExactly("x");
        assertThat(both.entrypoint()).containsExactly("/run");
    }

    @Test
    void environmentIsReplacedByNameAndExpandsWhatWasBefore() throws PlanRefused {
        assertThat(changed("ENV VERSION=$VERSION.1 NAME=\"a b\" RAW='$VERSION'", "ENV LINE one two")
                        .env())
                .containsExactly("PATH=/bin", "VERSION=7.1", "NAME=a b", "RAW=$VERSION", "LINE=one two");
        assertThat(changed("ENV A=${NONE:-x$VERSION} B=${VERSION:+y} C=\\$VERSION")
                        .env())
                .endsWith("A=x7", "B=y", "C=$VERSION");
    }

    @Test
    void labelsPortsVolumesAndTheRestAreLaidOver() throws PlanRefused {
        ContainerConfig config = changed(
                "LABEL a=1 \"b c\"=2",
                "EXPOSE 80 8000-8001/udp",
                "VOLUME [\"/data\"]",
                "VOLUME /a /b",
                "USER web:www",
                "WORKDIR sub/../app",
                "ONBUILD RUN make",
                "STOPSIGNAL SIGQUIT");
        assertThat(config.labels()).isEqualTo(Map.of("a", "1", "b c", "2"));
        assertThat(config.exposedPorts()).containsOnlyKeys("80/tcp", "8000/udp", "8001/udp");
        assertThat(config.volumes()).containsOnlyKeys("/data", "/a", "/b");
        assertThat(config.user()).isEqualTo("web:www");
        assertThat(config.workingDir()).isEqualTo("/srv/app");
        assertThat(config.onBuild()).containsExactly("RUN make");
        assertThat(config.stopSignal()).isEqualTo("SIGQUIT");
    }

    @Test
    void healthCheckHasItsFlags() throws PlanRefused {
        HealthConfig health = health("HEALTHCHECK --interval=1m30s --timeout=1.5s --retries=4 CMD curl -f localhost");
        assertThat(health.test()).containsExactly("CMD-SHELL", "curl -f localhost");
        assertThat(health.interval()).isEqualTo(90_000_000_000L);
        assertThat(health.timeout()).isEqualTo(1_500_000_000L);
        assertThat(health.retries()).isEqualTo(4);
        assertThat(health("HEALTHCHECK NONE").test()).containsExactly("NONE");
    }

    private static HealthConfig health(String change) throws PlanRefused {
        return Objects.requireNonNull(changed(change).healthcheck());
    }

    @Test
    void aLineGoesOnAfterABackslash() throws PlanRefused {
        assertThat(changed("ENV A=1 \\", "  B=2", "# nothing", "").env()).endsWith("A=1", "B=2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    RUN make                   | run is not a valid change command
                    COPY a b                   | copy is not a valid change command
                    nonsense                   | nonsense is not a valid change command
                    ENV A                      | ENV must have two arguments
                    ENV A=1 B                  | Syntax error - can't find = in "B". Must be of the form: name=value
                    ENV A="open                | failed to process ""open": unexpected end of statement while looking for matching double-quote
                    EXPOSE 70000               | invalid containerPort: 70000
                    EXPOSE 80/icmp             | invalid proto: icmp
                    EXPOSE 90-80               | invalid containerPort: 90-80
                    STOPSIGNAL SIGNOPE         | invalid signal: SIGNOPE
                    ONBUILD FROM x             | FROM isn't allowed as an ONBUILD trigger
                    HEALTHCHECK --retries=0 CMD x | --retries must be at least 1 (not 0)
                    HEALTHCHECK --interval=5 CMD x | time: invalid duration "5"
                    HEALTHCHECK TRY x          | Unknown type "TRY" in HEALTHCHECK (try CMD)
                    USER                       | USER requires exactly one argument
                    VOLUME ""                  | VOLUME specified can not be an empty string
                    """)
    void whatIsNoChangeIsRefused(String change, String message) {
        assertThatExceptionOfType(PlanRefused.class)
                .isThrownBy(() -> changed(change))
                .withMessage(message);
    }
}
