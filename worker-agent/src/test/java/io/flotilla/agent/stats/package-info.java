@NullMarked
package io.flotilla.agent.stats;

import org.jspecify.annotations.NullMarked;
