/** What a task's container is to be, decided before anything of it is made: pure rules, as dockerd and SwarmKit have them. */
@NullMarked
package io.flotilla.agent.container;

import org.jspecify.annotations.NullMarked;
