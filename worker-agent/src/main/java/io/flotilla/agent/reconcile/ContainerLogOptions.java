package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.log.LogOptions;
import io.flotilla.agent.log.LogRefused;
import io.flotilla.bus.schema.HostConfig;
import java.util.Map;

/** How a container's log is kept, from its configuration. */
public final class ContainerLogOptions {
    private ContainerLogOptions() {}

    public static LogOptions of(ContainerRecord container) throws LogRefused {
        HostConfig.LogConfig config = container.hostConfig().logConfig();
        String driver = config == null || config.type() == null ? "json-file" : config.type();
        Map<String, String> options = config == null ? Map.of() : config.config();
        return LogOptions.parse(
                driver, options, container.config().labels(), container.config().env());
    }

    /** Of a container whose options were accepted at its creation. */
    static LogOptions accepted(ContainerRecord container) {
        try {
            return of(container);
        } catch (LogRefused changed) {
            throw new IllegalStateException("the log options of " + container.id() + " were accepted before", changed);
        }
    }
}
