package io.flotilla.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Runs a command to its end. */
record Shell(List<String> prefix, Map<String, String> environment) {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    record Result(List<String> command, int exitCode, String out, String err) {
        /** The output of a command that must succeed. */
        String ok() {
            assertThat(exitCode)
                    .as("%s%nstdout: %s%nstderr: %s", command, out, err)
                    .isZero();
            return out.strip();
        }

        List<String> lines() {
            return ok().lines().toList();
        }
    }

    Result run(String... command) {
        return run(Path.of("/dev/null"), command);
    }

    /** With a file as its standard input. */
    Result run(Path in, String... command) {
        List<String> words = new ArrayList<>(prefix);
        words.addAll(List.of(command));
        try {
            Path out = Files.createTempFile("flotilla-out", ".txt");
            Path err = Files.createTempFile("flotilla-err", ".txt");
            try {
                Process process = start(words, ProcessBuilder.Redirect.from(in.toFile()), out, err);
                if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                    throw new AssertionError(words + " did not end within " + LIMIT + "\n" + Files.readString(out)
                            + Files.readString(err));
                }
                return new Result(words, process.exitValue(), Files.readString(out), Files.readString(err));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(words + " interrupted", e);
        }
    }

    /** A command that goes on, writing to a file; the caller ends it. */
    Process start(Path out, String... command) {
        List<String> words = new ArrayList<>(prefix);
        words.addAll(List.of(command));
        try {
            Path err = out.resolveSibling(out.getFileName() + ".err");
            return start(words, ProcessBuilder.Redirect.from(new File("/dev/null")), out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A command under a pseudo terminal of this size; what is written to the process is typed. */
    Process startInTerminal(Path out, int rows, int columns, String... command) {
        List<String> words = new ArrayList<>(prefix);
        words.addAll(List.of(command));
        String line = "stty rows " + rows + " cols " + columns + "; "
                + words.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        try {
            return start(
                    List.of("script", "-qefc", line, "/dev/null"),
                    ProcessBuilder.Redirect.PIPE,
                    out,
                    out.resolveSibling(out.getFileName() + ".err"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process start(List<String> words, ProcessBuilder.Redirect in, Path out, Path err) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(words)
                .redirectInput(in)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().putAll(environment);
        return builder.start();
    }

    static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
