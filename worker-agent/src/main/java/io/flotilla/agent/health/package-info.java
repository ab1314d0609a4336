/** Health checks of running containers: when to probe, by what, and what the results make of the container's health. */
@NullMarked
package io.flotilla.agent.health;

import org.jspecify.annotations.NullMarked;
