package io.flotilla.app;

import io.flotilla.app.cli.DemoCommand;
import io.flotilla.app.cli.DownCommand;
import io.flotilla.app.cli.ExplainCommand;
import io.flotilla.app.cli.StatusCommand;
import io.flotilla.app.cli.VersionCommand;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Arrays;
import java.util.List;

/** The process' entry: {@code serve} becomes an instance, every other command does its work and ends. */
@QuarkusMain
public final class Flotilla {
    private Flotilla() {}

    /** Exit codes: 0 done, 1 failed, 2 the command line is wrong. */
    public static void main(String[] arguments) {
        List<String> words = Arrays.asList(arguments);
        String command = words.isEmpty() ? "help" : words.getFirst();
        try {
            Options options = Options.parse(words.subList(Math.min(1, words.size()), words.size()));
            if (!options.operands().isEmpty() && !command.equals("explain")) {
                throw new Options.Unusable(
                        "unexpected word " + options.operands().getFirst());
            }
            switch (command) {
                case "serve" -> ServeCommand.run(options, arguments);
                case "down" -> System.exit(DownCommand.run(options, System.out));
                case "status" -> System.exit(StatusCommand.run(options, System.out));
                case "explain" -> System.exit(ExplainCommand.run(options, System.out));
                case "demo" -> System.exit(DemoCommand.run(options, System.out));
                case "version" -> System.exit(VersionCommand.run(System.out));
                default -> throw new Options.Unusable("no command '" + command + "'");
            }
        } catch (Options.Unusable e) {
            fail(2, String.valueOf(e.getMessage()));
        } catch (FileSystemException e) {
            // without a reason its message is the path alone, and its class says the rest
            fail(1, command + ": " + (e.getReason() == null ? e : e.getMessage()));
        } catch (IOException e) {
            fail(1, command + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail(1, command + ": interrupted");
        }
    }

    private static void fail(int exitCode, String message) {
        System.err.println("flotilla: " + message);
        System.exit(exitCode);
    }
}
