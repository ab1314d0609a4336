package io.flotilla.agent.runtime.linux.cgroup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Reading and writing the files of a cgroup folder, which the kernel makes and removes with the folder. */
final class CgroupFiles {
    /** What both versions write for no limit, besides v1's largest page count. */
    static final String MAX = "max";

    private CgroupFiles() {}

    /** @return false when it was there already */
    static boolean makeFolder(Path folder) throws IOException {
        try {
            Files.createDirectory(folder);
            return true;
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
            return false;
        }
    }

    /** Writes each line in a write(2) of its own, as the kernel reads them. */
    static void write(Path file, List<String> lines) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (String line : lines) {
                try {
                    channel.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
                } catch (IOException e) {
                    throw new FileSystemException(file.toString(), null, "writing \"" + line + "\": " + e.getMessage());
                }
            }
        }
    }

    static void write(Path file, String value) throws IOException {
        write(file, List.of(value));
    }

    static String read(Path file) throws IOException {
        return Files.readString(file).strip();
    }

    /** A file with one number; 0 when the kernel has no such file, Long.MAX_VALUE for {@code max}. */
    static long readNumber(Path file) throws IOException {
        try {
            return number(read(file));
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** A file of one line of numbers; empty when the kernel has no such file. */
    static List<Long> readNumbers(Path file) throws IOException {
        try {
            return Arrays.stream(read(file).split(" "))
                    .filter(word -> !word.isEmpty())
                    .map(Long::valueOf)
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    static long number(String text) {
        return text.equals(MAX) ? Long.MAX_VALUE : Long.parseUnsignedLong(text);
    }

    /** A file of lines {@code key number}; empty when the kernel has no such file. */
    static Map<String, Long> readFlatKeyed(Path file) throws IOException {
        var values = new LinkedHashMap<String, Long>();
        for (String line : readLines(file)) {
            int space = line.indexOf(' ');
            if (space > 0) {
                values.put(
                        line.substring(0, space),
                        number(line.substring(space + 1).strip()));
            }
        }
        return values;
    }

    static List<String> readLines(Path file) throws IOException {
        try {
            return Files.readAllLines(file);
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /** Process ids in {@code cgroup.procs} of the folder and all below it. */
    static List<Integer> processes(Path folder) throws IOException {
        var pids = new ArrayList<Integer>();
        for (String line : readLines(folder.resolve("cgroup.procs"))) {
            pids.add(Integer.valueOf(line));
        }
        for (Path child : folders(folder)) {
            pids.addAll(processes(child));
        }
        return pids;
    }

    /** Folders directly in this one; empty when it is gone. */
    static List<Path> folders(Path folder) throws IOException {
        final int linksWithoutFolders = 2;
        try {
            // looking at its many files would make the kernel build an inode for each
            if (Files.getAttribute(folder, "unix:nlink") instanceof Integer links && links == linksWithoutFolders) {
                return List.of();
            }
            try (Stream<Path> entries = Files.list(folder)) {
                return entries.filter(Files::isDirectory).toList();
            }
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /** rmdir(2) from the bottom up; false when the kernel says a group is busy. */
    static boolean removeTree(Path folder) throws IOException {
        for (Path child : folders(folder)) {
            if (!removeTree(child)) {
                return false;
            }
        }
        try {
            Files.deleteIfExists(folder);
            return true;
        } catch (DirectoryNotEmptyException e) {
            return false;
        } catch (FileSystemException e) {
            // EBUSY has no exception of its own in java.nio
            if (Files.isDirectory(folder) && busy(folder)) {
                return false;
            }
            throw e;
        }
    }

    private static boolean busy(Path folder) throws IOException {
        return !processes(folder).isEmpty() || !folders(folder).isEmpty();
    }
}
