package io.flotilla.manager.state;

import static io.flotilla.manager.state.Samples.state;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.Container;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What users' words for containers mean. */
class ContainerNamesTest {
    private static final String ABC = "abc0".repeat(16);
    private static final String ABD = "abd0".repeat(16);
    private static final Container WEB = Samples.container(ABC, "web", "n1");
    private static final Container DB = Samples.container(ABD, "db", "n1");
    private static final ClusterState CONTAINERS = state(WEB, DB);

    @Test
    void aContainerIsMeantByIdNameOrTheBeginningOfItsId() {
        for (String reference : List.of("web", "/web", ABC, "abc", "abc0")) {
            assertThat(ContainerNames.resolve(CONTAINERS, reference))
                    .as(reference)
                    .contains(WEB);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "we", "ab", "abcx", "nope", "0"})
    void whatIsUnknownOrAmbiguousMeansNoContainer(String reference) {
        assertThat(ContainerNames.resolve(CONTAINERS, reference)).isEmpty();
    }

    @Test
    void aNameThatLooksLikeAnIdIsMeantFirst() {
        Container named = Samples.container("12".repeat(32), "abd", "n1");
        assertThat(ContainerNames.resolve(CONTAINERS.with(named), "abd")).contains(named);
    }
}
