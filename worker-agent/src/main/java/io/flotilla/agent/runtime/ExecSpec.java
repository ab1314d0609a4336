package io.flotilla.agent.runtime;

import io.flotilla.agent.runtime.spec.RuntimeSpec;

/**
 * Another process in a running container.
 *
 * @param id 64 hexadecimal digits
 * @param process of which rlimits and oomScoreAdj are not used: those of the container's first process hold
 * @param privileged all capabilities, whatever {@code process} names, and no AppArmor profile
 */
public record ExecSpec(String id, RuntimeSpec.Process process, boolean privileged) {}
