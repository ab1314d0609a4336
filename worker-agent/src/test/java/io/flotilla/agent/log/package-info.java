@NullMarked
package io.flotilla.agent.log;

import org.jspecify.annotations.NullMarked;
