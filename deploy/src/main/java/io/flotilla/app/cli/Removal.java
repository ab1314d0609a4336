package io.flotilla.app.cli;

import io.flotilla.agent.Agent;
import io.flotilla.app.Identity;
import io.flotilla.app.InstanceHome;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** Takes away what a stopped instance leaves, by its name alone: also after a crash. */
final class Removal {
    private Removal() {}

    /** Containers and every kernel object; images and the cluster's state stay. */
    static void everything(InstanceHome home, Identity identity) throws IOException {
        Agent.removeKernelObjects(home.instance(identity));
        tree(InstanceHome.runDir(identity));
    }

    /** The data folder itself. Symbolic links are removed, not followed. */
    static void dataDir(InstanceHome home) throws IOException {
        tree(home.dataDir());
    }

    private static void tree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(
                    Path folder, @org.jspecify.annotations.Nullable IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
