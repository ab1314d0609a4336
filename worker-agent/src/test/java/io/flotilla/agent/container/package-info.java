@NullMarked
package io.flotilla.agent.container;

import org.jspecify.annotations.NullMarked;
