package io.flotilla.app;

import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.ClusterView;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The process' life after Quarkus has started: starts the roles, says that it is ready, and takes them down again. */
public final class Application implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(Application.class);
    private static final Duration READY_WITHIN = Duration.ofSeconds(60);
    /** How often to look whether a manager leads, of which no image tells. */
    private static final Duration LOOK = Duration.ofMillis(100);

    private final Gateway gateway;
    private final Listeners listeners;
    private final InstanceStatus status;
    private final AtomicBoolean failed = new AtomicBoolean();

    @Inject
    Application(Gateway gateway, Listeners listeners, InstanceStatus status) {
        this.gateway = gateway;
        this.listeners = listeners;
        this.status = status;
    }

    @Override
    public int run(String... arguments) throws Exception {
        List<String> words = Arrays.asList(arguments);
        Options options = Options.parse(words.subList(1, words.size()));
        InstanceHome home = new InstanceHome(options.dataDir());
        Identity identity = Identity.of(home);
        Path socket = Optional.ofNullable(options.socket()).orElseGet(home::defaultSocket);
        try (Roles roles = Roles.start(options, home, identity, gateway, this::fatal)) {
            status.of(options, identity, roles);
            Listeners.restrict(socket);
            for (InetSocketAddress address : options.listen()) {
                listeners.listen(address);
            }
            if (options.roles().contains(Role.GATEWAY)) {
                awaitSelf(identity);
            }
            home.markRunning(InstanceHome.Running.self(socket));
            Launcher.tell("ready " + socket);
            LOG.infof("ready on %s", socket);
            Quarkus.waitForExit();
        }
        return failed.get() ? 1 : 0;
    }

    /**
     * Ready means: a manager leads, this node's agent is known to it, and the gateway sees both and all that was committed before:
     * what was not published yet when the process ended is on its way until then.
     */
    private void awaitSelf(Identity identity) throws IOException {
        long deadlineNanos = System.nanoTime() + READY_WITHIN.toNanos();
        Optional<ClusterImage> newest = Optional.empty();
        OptionalLong led = OptionalLong.empty();
        try (ClusterView.Follower images = gateway.view().follower()) {
            while (System.nanoTime() < deadlineNanos && !images.ended()) {
                // nothing may have changed since the last start: then the first image is the last
                Optional<ClusterImage> image = images.next(LOOK);
                newest = image.isPresent() ? image : newest;
                led = led.isPresent() ? led : status.ledIndex();
                boolean complete =
                        newest.isPresent() && led.isPresent() && newest.get().index() >= led.getAsLong();
                if (complete && status.isServed(newest.get(), identity.nodeId())) {
                    return;
                }
            }
        }
        throw new IOException(
                "this node did not come up within " + READY_WITHIN.toSeconds() + " s: " + status.trouble());
    }

    /** A bug or a damaged log: the process ends with the reason, and starts again from what is on disk. */
    private void fatal(Throwable cause) {
        LOG.fatal("must end", cause);
        failed.set(true);
        Quarkus.asyncExit(1);
    }

    static void ended(Integer exitCode, @Nullable Throwable failure) {
        if (failure != null) {
            System.err.println("flotilla: " + failure.getMessage());
        }
        System.exit(failure == null ? exitCode : 1);
    }
}
