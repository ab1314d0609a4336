@NullMarked
package io.flotilla.agent.stream;

import org.jspecify.annotations.NullMarked;
