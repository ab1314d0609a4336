package io.flotilla.app;

import io.quarkus.runtime.Quarkus;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.logging.LogManager;

/** Becomes an instance: takes the data folder's lock, sets what Quarkus must know before it starts, and runs it. */
final class ServeCommand {
    private ServeCommand() {}

    static void run(Options options, String[] arguments) throws IOException {
        InstanceHome home = new InstanceHome(options.dataDir());
        home.create();
        Optional<FileLock> lock = home.lock();
        if (lock.isEmpty()) {
            String socket = home.running().map(InstanceHome.Running::socket).orElseGet(() -> home.defaultSocket()
                    .toString());
            Launcher.tell("running " + socket);
            return;
        }
        if (options.has("--demo") && home.identity() == null) {
            Files.writeString(home.demoMark(), "");
        }
        Identity identity = Identity.of(home);
        // here and whole: two threads that log for the first time deadlock in the log manager's class initialisation
        LogManager.getLogManager();
        if (options.roles().contains(Role.MANAGER)) {
            Starting.broker(home, identity);
        }
        Path socket = Optional.ofNullable(options.socket()).orElseGet(home::defaultSocket);
        Files.createDirectories(InstanceHome.runDir(identity));
        Files.createDirectories(socket.toAbsolutePath().getParent());
        // left over from a process that was killed: ours, for we hold the lock
        Files.deleteIfExists(socket);
        System.setProperty("quarkus.http.domain-socket", socket.toString());
        // the gateway looks at them itself: filters={"name":["x"]} is none for Java, and Go's server takes it
        System.setProperty("vertx.disableURIValidation", "true");
        Quarkus.run(Application.class, Application::ended, arguments);
    }
}
