package io.flotilla.agent.image.content;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whole trees whose content a container or an archive made, so neither depth nor links in it can be trusted. */
public final class Tree {

    /** PATH_MAX less one more name. */
    private static final int REACHABLE_PATH_BYTES = 4096 - 256 - 1;

    private Tree() {}

    /**
     * Deletes everything below {@code folder}, and it. No error when it is not there.
     *
     * <p>A process can nest folders deeper than PATH_MAX or than there are file descriptors. So every folder met is first moved
     * into one flat temporary folder beside the tree, and no path is longer than two names. A crash leaves that folder, so
     * {@code folder} must be where its owner looks for garbage.
     */
    public static void delete(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(folder);
            return;
        }
        Path flat = Files.createTempDirectory(folder.toAbsolutePath().getParent(), "flat");
        Files.move(folder, flat.resolve("0"));
        try (SecureDirectoryStream<Path> top = secure(flat)) {
            Deque<Path> folders = new ArrayDeque<>(Set.of(Path.of("0")));
            long moved = 0;
            while (!folders.isEmpty()) {
                Path next = folders.remove();
                try (SecureDirectoryStream<Path> inside = top.newDirectoryStream(next, LinkOption.NOFOLLOW_LINKS)) {
                    for (Path name : foldersAfterDeletingFiles(inside)) {
                        Path unique = Path.of(Long.toString(++moved));
                        inside.move(name, top, unique);
                        folders.add(unique);
                    }
                }
                top.deleteDirectory(next);
            }
        }
        Files.delete(flat);
    }

    /**
     * Bytes of the regular files below {@code folder}, each file once however many links it has. What disappears meanwhile is
     * not counted, nor what lies deeper than PATH_MAX.
     */
    public static long sizeBytes(Path folder) throws IOException {
        SizeSum sum = new SizeSum();
        Files.walkFileTree(folder, sum);
        return Math.round(sum.bytes);
    }

    private static Set<Path> foldersAfterDeletingFiles(SecureDirectoryStream<Path> inside) throws IOException {
        Set<Path> folders = new HashSet<>();
        for (Path entry : inside) {
            Path name = entry.getFileName();
            BasicFileAttributeView view =
                    inside.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
            if (view.readAttributes().isDirectory()) {
                folders.add(name);
            } else {
                inside.deleteFile(name);
            }
        }
        return folders;
    }

    private static SecureDirectoryStream<Path> secure(Path folder) throws IOException {
        DirectoryStream<Path> stream = Files.newDirectoryStream(folder);
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return secure;
        }
        stream.close();
        throw new UnsupportedOperationException("the JDK has no SecureDirectoryStream for " + folder);
    }

    /** A file with several names counts with its share for each of them: all of them are in the same writable layer. */
    private static final class SizeSum extends SimpleFileVisitor<Path> {
        private double bytes;

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            int pathBytes = folder.toString().getBytes(StandardCharsets.UTF_8).length;
            return pathBytes > REACHABLE_PATH_BYTES ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            if (attributes.isRegularFile()) {
                try {
                    bytes += (double) attributes.size() / linkCount(file);
                } catch (NoSuchFileException removedMeanwhile) {
                    return FileVisitResult.CONTINUE;
                }
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
            if (failure instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw failure;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure) throws IOException {
            if (failure != null && !(failure instanceof NoSuchFileException)) {
                throw failure;
            }
            return FileVisitResult.CONTINUE;
        }

        private static int linkCount(Path file) throws IOException {
            Object links = Files.getAttribute(file, "unix:nlink", LinkOption.NOFOLLOW_LINKS);
            return links instanceof Integer count && count > 0 ? count : 1;
        }
    }
}
