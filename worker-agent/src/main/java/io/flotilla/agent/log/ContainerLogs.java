package io.flotilla.agent.log;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The logs that are written to now, one a running container. Safe for concurrent use. */
public final class ContainerLogs {
    private final InstantSource clock;
    private final Map<String, ContainerLog> open = new ConcurrentHashMap<>();

    public ContainerLogs(InstantSource clock) {
        this.clock = clock;
    }

    /** Begins a container's log or goes on with it; the one that is open when it is. */
    public ContainerLog open(String containerId, Path file, LogOptions options) throws IOException {
        ContainerLog present = open.get(containerId);
        if (present != null) {
            return present;
        }
        ContainerLog opened = ContainerLog.open(file, options, clock);
        ContainerLog raced = open.putIfAbsent(containerId, opened);
        if (raced != null) {
            opened.close();
            return raced;
        }
        return opened;
    }

    /** The container's log whether it runs or not. */
    public LogReader read(String containerId, Path file, LogOptions options, LogQuery query)
            throws IOException, LogRefused {
        ContainerLog live = open.get(containerId);
        return (live == null ? ContainerLog.ended(file, options) : live).read(query);
    }

    /** The container has ended: followers read what there is and are done. */
    public void close(String containerId) {
        ContainerLog log = open.remove(containerId);
        if (log != null) {
            log.close();
        }
    }

    /** Closes the log and deletes its files, the rotated ones too. */
    public void remove(String containerId, Path file) throws IOException {
        close(containerId);
        Path name = file.getFileName();
        Path folder = file.getParent();
        if (name == null || folder == null) {
            throw new IllegalArgumentException("not a log file: " + file);
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, name + "*")) {
            for (Path each : files) {
                Files.deleteIfExists(each);
            }
        } catch (NoSuchFileException gone) {
            return;
        }
    }

    /** Closes all; containers go on, and a later agent with their logs. */
    public void closeAll() {
        open.keySet().forEach(this::close);
    }
}
