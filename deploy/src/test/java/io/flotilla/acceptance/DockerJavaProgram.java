package io.flotilla.acceptance;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.CreateContainerResponse;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.WaitResponse;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** A program as users of docker-java write it; run by {@link ClientsIT} in a host's network namespace. */
final class DockerJavaProgram {
    private static final int LIMIT_SECONDS = 30;

    private DockerJavaProgram() {}

    /** @param args the endpoint */
    public static void main(String[] args) throws IOException, InterruptedException {
        DefaultDockerClientConfig config = DefaultDockerClientConfig.createDefaultConfigBuilder()
                .withDockerHost(args[0])
                .build();
        try (DockerClient docker = DockerClientImpl.getInstance(
                config,
                new ZerodepDockerHttpClient.Builder()
                        .dockerHost(URI.create(args[0]))
                        .build())) {
            docker.pingCmd().exec();
            System.out.println("containers " + docker.infoCmd().exec().getContainers());
            run(docker);
            exec(docker);
        }
    }

    private static void run(DockerClient docker) throws InterruptedException {
        CreateContainerResponse made = docker.createContainerCmd("busybox")
                .withCmd("sh", "-c", "echo $GREETING; echo oops >&2; exit 3")
                .withEnv("GREETING=hello")
                .withHostConfig(HostConfig.newHostConfig().withMemory(64L << 20))
                .withName("by-docker-java")
                .exec();
        docker.startContainerCmd(made.getId()).exec();
        docker.waitContainerCmd(made.getId())
                .exec(new ResultCallback.Adapter<WaitResponse>() {
                    @Override
                    public void onNext(WaitResponse response) {
                        System.out.println("status " + response.getStatusCode());
                    }
                })
                .awaitCompletion(LIMIT_SECONDS, TimeUnit.SECONDS);
        StringBuilder log = new StringBuilder();
        docker.logContainerCmd(made.getId())
                .withStdOut(true)
                .withStdErr(true)
                .exec(collecting(log))
                .awaitCompletion(LIMIT_SECONDS, TimeUnit.SECONDS);
        System.out.println("log " + log.toString().replace("\n", ""));
        System.out.println("memory "
                + Objects.requireNonNull(
                                docker.inspectContainerCmd(made.getId()).exec().getHostConfig())
                        .getMemory());
        docker.removeContainerCmd(made.getId()).exec();
    }

    private static void exec(DockerClient docker) throws InterruptedException {
        CreateContainerResponse made =
                docker.createContainerCmd("busybox").withCmd("sleep", "1d").exec();
        docker.startContainerCmd(made.getId()).exec();
        String exec = docker.execCreateCmd(made.getId())
                .withAttachStdin(true)
                .withAttachStdout(true)
                .withCmd("cat")
                .exec()
                .getId();
        StringBuilder out = new StringBuilder();
        docker.execStartCmd(exec)
                .withStdIn(new ByteArrayInputStream("typed".getBytes(StandardCharsets.UTF_8)))
                .exec(collecting(out))
                .awaitCompletion(LIMIT_SECONDS, TimeUnit.SECONDS);
        System.out.println(
                "exec " + out + " " + docker.inspectExecCmd(exec).exec().getExitCodeLong());
        docker.removeContainerCmd(made.getId()).withForce(true).exec();
    }

    private static ResultCallback.Adapter<Frame> collecting(StringBuilder into) {
        return new ResultCallback.Adapter<>() {
            @Override
            public void onNext(Frame frame) {
                into.append(new String(frame.getPayload(), StandardCharsets.UTF_8));
            }
        };
    }
}
