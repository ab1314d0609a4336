package io.flotilla.app;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import java.util.Arrays;
import java.util.List;

/** The process' life after Quarkus has started: composes the roles, says that it is ready, and takes them down again. */
public final class Application implements QuarkusApplication {

    @Override
    public int run(String... arguments) throws Exception {
        List<String> words = Arrays.asList(arguments);
        Options options = Options.parse(words.subList(1, words.size()));
        InstanceHome home = new InstanceHome(options.dataDir());
        Launcher.tell("ready " + home.defaultSocket());
        Quarkus.waitForExit();
        return 0;
    }

    static void ended(Integer exitCode, Throwable failure) {
        if (failure != null) {
            System.err.println("flotilla: " + failure);
        }
        System.exit(exitCode);
    }
}
