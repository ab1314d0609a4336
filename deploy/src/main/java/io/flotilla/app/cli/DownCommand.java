package io.flotilla.app.cli;

import io.flotilla.app.Identity;
import io.flotilla.app.InstanceHome;
import io.flotilla.app.Options;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Stops an instance. Its containers go on, unless they are to be removed with every other kernel object of its name. */
public final class DownCommand {
    private static final Duration GRACE = Duration.ofSeconds(30);

    private DownCommand() {}

    public static int run(Options options, PrintStream out) throws IOException, InterruptedException {
        InstanceHome home = new InstanceHome(options.dataDir());
        stop(home, out);
        if (options.has("--remove-containers")) {
            Identity identity = home.identity();
            if (identity == null) {
                out.println("No instance was ever started in " + options.dataDir() + ".");
            } else {
                Removal.everything(home, identity);
                out.println("Its containers, networks, cgroups and mounts are removed.");
            }
        }
        return 0;
    }

    /** Asks the process to end and waits; ends it when it does not within the grace time. */
    static void stop(InstanceHome home, PrintStream out) throws IOException, InterruptedException {
        Optional<ProcessHandle> process = home.running().flatMap(InstanceHome.Running::process);
        if (process.isEmpty()) {
            out.println("Not running.");
            return;
        }
        process.get().destroy();
        if (!ended(process.get())) {
            out.println("It did not stop within " + GRACE.toSeconds() + " s and was killed.");
            process.get().destroyForcibly();
            if (!ended(process.get())) {
                throw new IOException("process " + process.get().pid() + " does not end");
            }
        }
        out.println("Stopped.");
    }

    private static boolean ended(ProcessHandle process) throws InterruptedException, IOException {
        try {
            process.onExit().get(GRACE.toSeconds(), TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IOException("waiting for process " + process.pid(), e.getCause());
        }
    }
}
