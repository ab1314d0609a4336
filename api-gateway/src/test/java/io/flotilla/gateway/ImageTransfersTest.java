package io.flotilla.gateway;

import static io.flotilla.gateway.ApiClient.json;
import static io.flotilla.gateway.ApiClient.message;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.node.LoadedImage;
import io.flotilla.bus.rpc.Chunk;
import io.flotilla.bus.rpc.ImportOptions;
import io.flotilla.bus.rpc.LoadedImages;
import io.flotilla.bus.rpc.ProgressOrImages;
import io.flotilla.bus.rpc.PullRequest;
import io.flotilla.bus.rpc.PushRequest;
import io.flotilla.bus.rpc.SaveRequest;
import io.flotilla.bus.seal.Confidential;
import io.flotilla.gateway.error.ApiException;
import io.quarkus.test.junit.QuarkusTest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pull, push, save, import and what else leads to registries, with a node that says what a test wants. */
@QuarkusTest
class ImageTransfersTest extends ServedCluster {
    private static final String DIGEST = "sha256:" + "ab".repeat(32);

    @BeforeEach
    void start() {
        cluster.put(Fixtures.node(), Fixtures.bridge(), Fixtures.image());
    }

    private static ProgressOrImages told(String json) {
        return ProgressOrImages.newBuilder()
                .setProgress(ByteString.copyFromUtf8(json))
                .build();
    }

    private static ProgressOrImages stored(LoadedImage image) {
        return ProgressOrImages.newBuilder()
                .setImages(LoadedImages.newBuilder().addImage(ByteString.copyFrom(Codec.JSON.encode(image))))
                .build();
    }

    private PullRequest pulled(String query) {
        cluster.images.asked.clear();
        cluster.images.replies = List.of(told("{\"status\":\"Pulling\"}"));
        assertThat(client.post("/images/create?" + query, "").statusCode()).isEqualTo(200);
        return (PullRequest) cluster.images.asked.getFirst();
    }

    @Test
    void pullNamesWhatTheClientMeans() {
        assertThat(pulled("fromImage=nginx&tag=1.2").getReference()).isEqualTo("nginx:1.2");
        assertThat(pulled("fromImage=docker.io/library/nginx:1.2").getReference())
                .isEqualTo("nginx:1.2");
        assertThat(pulled("fromImage=localhost:5000/a/b&tag=" + DIGEST).getReference())
                .isEqualTo("localhost:5000/a/b@" + DIGEST);
        PullRequest all = pulled("fromImage=nginx&platform=linux/arm64");
        assertThat(all.getAllTags()).isTrue();
        assertThat(all.getReference()).isEqualTo("nginx");
        assertThat(all.getPlatform()).isEqualTo("linux/arm64");
    }

    @Test
    void pullThatFailsAtOnceIsTheCallsOwnFailure() {
        cluster.images.replies = List.of(new ApiException(404, "manifest for nope:latest not found"));
        HttpResponse<String> answer = client.post("/images/create?fromImage=nope&tag=latest", "");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(message(answer)).isEqualTo("manifest for nope:latest not found");
    }

    @Test
    void registryThatWantsAPasswordDoesNotMakeTheClientAskForOne() {
        cluster.images.replies = List.of(new ApiException(401, "no basic auth credentials"));
        HttpResponse<String> answer = client.post("/images/create?fromImage=mine&tag=latest", "");
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(message(answer)).isEqualTo("no basic auth credentials");
    }

    @Test
    void pullThatFailsLaterEndsWithAnErrorLine() {
        cluster.images.replies = List.of(told("{\"status\":\"Pulling\"}"), ApiException.failed("the registry is gone"));
        HttpResponse<String> answer = client.post("/images/create?fromImage=busybox&tag=latest", "");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body())
                .startsWith("{\"status\":\"Pulling\"}\r\n")
                .contains("\"errorDetail\":{\"message\":\"the registry is gone\"}")
                .contains("\"error\":\"the registry is gone\"");
    }

    @Test
    void pullOfWhatIsThereSaysSo() {
        LoadedImage image = new LoadedImage(Fixtures.IMAGE_ID, List.of("busybox:latest"));
        cluster.images.replies = List.of(told("{\"status\":\"Digest: x\"}"), stored(image));
        assertThat(client.post("/images/create?fromImage=busybox&tag=latest", "")
                        .body())
                .endsWith("{\"status\":\"Status: Image is up to date for busybox:latest\"}\r\n");
    }

    @Test
    void pushSendsTheImageOfTheTagAndTellsOfItsFailureInTheStream() {
        cluster.images.replies = List.of(ApiException.failed("no basic auth credentials"));
        HttpResponse<String> answer = client.post("/images/localhost:5000/team/app/push?tag=v1", "");
        assertThat(answer.body())
                .contains("The push refers to repository [localhost:5000/team/app]")
                .contains("\"error\":\"no basic auth credentials\"");
        PushRequest asked = (PushRequest) cluster.images.asked.getFirst();
        assertThat(asked.getImageId()).isEqualTo(Fixtures.IMAGE_ID);
        assertThat(asked.getReference()).isEqualTo("localhost:5000/team/app:v1");

        HttpResponse<String> absent = client.post("/images/nope/push?tag=v1", "");
        assertThat(absent.statusCode()).isEqualTo(404);
        assertThat(message(absent)).isEqualTo("An image does not exist locally with the tag: nope");
    }

    @Test
    void malformedCredentialsAreRefused() {
        HttpResponse<String> answer =
                client.send("POST", "/images/create?fromImage=busybox&tag=1", "", null, "X-Registry-Auth", "%%%");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(cluster.images.asked).isEmpty();
    }

    @Test
    void saveNamesTheImagesAsTheClientDid() {
        cluster.images.replies = List.of(
                Chunk.newBuilder().setData(ByteString.copyFromUtf8("tar")).build());
        HttpResponse<String> answer = client.get("/images/get?names=busybox&names=" + Fixtures.IMAGE_ID);
        assertThat(answer.body()).isEqualTo("tar");
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/x-tar");
        SaveRequest asked = (SaveRequest) cluster.images.asked.getFirst();
        assertThat(asked.getImageList()).hasSize(1);
        assertThat(asked.getImage(0).getReferencesList()).containsExactly("busybox:latest");
        assertThat(client.get("/images/nope/get").statusCode()).isEqualTo(404);
    }

    @Test
    void importTakesNameMessageAndChanges() {
        cluster.images.replies = List.of(told("{\"status\":\"sha256:1\"}"));
        HttpResponse<String> answer = client.send(
                "POST",
                "/images/create?fromSrc=-&repo=me/root&tag=v2&message=hi&changes=CMD+a&changes=ENV+b=c",
                "tar",
                "application/x-tar");
        assertThat(answer.body()).isEqualTo("{\"status\":\"sha256:1\"}\r\n");
        ImportOptions options = (ImportOptions) cluster.images.asked.getFirst();
        assertThat(options.getReference()).isEqualTo("me/root:v2");
        assertThat(options.getChangesList()).containsExactly("CMD a", "ENV b=c");
    }

    @Test
    void importFromAUrlIsTheNodesToFetch() {
        cluster.images.replies = List.of(told("{\"status\":\"Downloading from http://files/root.tar\"}"));
        assertThat(client.post("/images/create?fromSrc=files/root.tar", "").body())
                .contains("Downloading from http://files/root.tar");
        assertThat(((ImportOptions) cluster.images.asked.getFirst()).getSourceUrl())
                .isEqualTo("http://files/root.tar");
        for (String refused : List.of("file:///etc/shadow", "ftp://files/x", "http://", "http://a%20b/x", "")) {
            HttpResponse<String> answer = client.post("/images/create?fromSrc=" + refused, "");
            assertThat(answer.statusCode()).as(refused).isEqualTo(400);
            assertThat(message(answer)).contains("invalid source");
        }
    }

    @Test
    void pruneTakesWhatHasNoTagAndNoContainer() {
        assertThat(json(client.post("/images/prune", "")).path("SpaceReclaimed").asLong())
                .isZero();
        assertThat(cluster.commands).isEmpty();
        client.post("/images/prune?" + ApiClient.filters("{\"dangling\":[\"false\"]}"), "");
        assertThat(cluster.commands).contains(new Command.RemoveImage(Fixtures.IMAGE_ID, "busybox:latest", false));
    }

    @Test
    void searchFiltersWhatTheRegistryFound() {
        cluster.images.json = ("[{\"name\":\"a\",\"star_count\":5,\"is_official\":true},"
                        + "{\"name\":\"b\",\"star_count\":1,\"is_official\":false}]")
                .getBytes(StandardCharsets.UTF_8);
        var found = json(client.get("/images/search?term=x&filters=%7B%22stars%22:%5B%223%22%5D%7D"));
        assertThat(found).hasSize(1);
        assertThat(found.get(0).path("name").asText()).isEqualTo("a");
        assertThat(client.get("/images/search?term=x&limit=101").statusCode()).isEqualTo(400);
    }

    @Test
    void serviceCredentialsGoToTheManagers() {
        cluster.put(Fixtures.cluster());
        String spec = "{\"Name\":\"web\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"busybox\"}}}";
        client.send(
                "POST", "/services/create", spec, "application/json", "X-Registry-Auth", "eyJ1c2VybmFtZSI6ImEifQ==");
        assertThat(cluster.commands)
                .anyMatch(command -> command instanceof Command.CreateService create
                        && Confidential.Plain.of("eyJ1c2VybmFtZSI6ImEifQ==".getBytes(StandardCharsets.UTF_8))
                                .equals(create.registryAuth()));
    }
}
