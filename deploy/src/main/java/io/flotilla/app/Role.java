package io.flotilla.app;

import java.util.Locale;

/** What a process does for the cluster; any subset in one process. */
public enum Role {
    /** Keeps the cluster's state, decides, and carries the bus. */
    MANAGER,
    /** Runs containers. */
    WORKER,
    /** Answers Docker clients. */
    GATEWAY;

    /** As the command line spells it. */
    public String optionName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
