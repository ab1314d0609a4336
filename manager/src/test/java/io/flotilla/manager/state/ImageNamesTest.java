package io.flotilla.manager.state;

import static io.flotilla.manager.state.Samples.state;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.Image;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What users' words for images mean. */
class ImageNamesTest {
    private static final String ABC = "abc0".repeat(16);
    private static final String ABD = "abd0".repeat(16);
    private static final String DIGEST = "@sha256:" + "5".repeat(64);

    private static final Image NGINX = Samples.image("sha256:" + ABC, "nginx:1", "team/nginx:latest");
    private static final Image OTHER =
            Samples.image("sha256:" + ABD, "other:latest").withRepoDigests(List.of("other" + DIGEST));
    private static final ClusterState IMAGES = state(NGINX, OTHER);

    private static Optional<String> imageOf(String reference) {
        return ImageNames.resolve(IMAGES, reference).map(Image::id);
    }

    @ParameterizedTest
    @CsvSource({
        "busybox, busybox:latest",
        "busybox:1.36, busybox:1.36",
        "docker.io/library/nginx, nginx:latest",
        "index.docker.io/library/nginx, nginx:latest",
        "library/nginx:2, nginx:2",
        "docker.io/team/app:2, team/app:2",
        "localhost:5000/app, localhost:5000/app:latest",
        "localhost:5000/app:3, localhost:5000/app:3",
        "docker.io/nginx@sha256:0000000000000000000000000000000000000000000000000000000000000000,"
                + "nginx@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "nginx:1@sha256:0000000000000000000000000000000000000000000000000000000000000000,"
                + "nginx:1@sha256:0000000000000000000000000000000000000000000000000000000000000000",
    })
    void aReferenceHasOneFamiliarForm(String given, String familiar) {
        assertThat(ImageNames.familiar(given)).isEqualTo(familiar);
        assertThat(ImageNames.familiar(familiar)).isEqualTo(familiar);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nginx:1", "docker.io/library/nginx:1", "team/nginx", "abc0", "sha256:abc0"})
    void anImageIsMeantByATagOrTheBeginningOfItsId(String reference) {
        assertThat(imageOf(reference)).contains("sha256:" + ABC);
    }

    @Test
    void anImageIsMeantByItsWholeId() {
        assertThat(imageOf(ABC)).contains("sha256:" + ABC);
        assertThat(imageOf("sha256:" + ABD)).contains("sha256:" + ABD);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nginx", "abc", "abce", "xyzw", "sha256:ab", "nginx:1x"})
    void whatIsUnknownOrTooShortMeansNoImage(String reference) {
        assertThat(imageOf(reference)).isEmpty();
    }

    @Test
    void aBeginningOfTwoIdsMeansNoImage() {
        Image like = Samples.image("sha256:" + "abc0".repeat(15) + "0000", "x:1");
        assertThat(ImageNames.resolve(IMAGES.with(like), "abc0abc0")).isEmpty();
        assertThat(ImageNames.resolve(IMAGES.with(like.withRemoved(true)), "abc0abc0"))
                .contains(NGINX);
    }

    @Test
    void aDigestMeansTheManifestPulledOrTheImageItself() {
        assertThat(imageOf("other" + DIGEST)).contains("sha256:" + ABD);
        assertThat(imageOf("other:latest" + DIGEST)).contains("sha256:" + ABD);
        // the same content, called by another repository's name, was not pulled from there
        assertThat(imageOf("nginx" + DIGEST)).isEmpty();
        assertThat(imageOf("any@sha256:" + ABC)).contains("sha256:" + ABC);
        assertThat(imageOf("nginx:1@sha256:" + "6".repeat(64))).isEmpty();
    }

    @Test
    void aRemovedImageIsMeantByNothing() {
        ClusterState removed = state(NGINX.withRemoved(true), OTHER.withRemoved(true));
        for (String reference : List.of("nginx:1", "abc0", ABC, "other" + DIGEST)) {
            assertThat(ImageNames.resolve(removed, reference)).as(reference).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "nginx:1, nginx",
        "nginx, nginx",
        "localhost:5000/app, localhost:5000/app",
        "reg:5000/app:2, reg:5000/app"
    })
    void aRepositoryIsAReferenceWithoutItsTag(String reference, String repository) {
        assertThat(ImageNames.repository(reference)).isEqualTo(repository);
    }
}
