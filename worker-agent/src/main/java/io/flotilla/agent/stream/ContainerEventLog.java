package io.flotilla.agent.stream;

import java.util.Map;

/** Takes Docker's events about a container. Any thread. */
public interface ContainerEventLog {
    /** @param action such as attach or exec_die @param attributes of this action alone */
    void add(String containerId, String action, Map<String, String> attributes);
}
