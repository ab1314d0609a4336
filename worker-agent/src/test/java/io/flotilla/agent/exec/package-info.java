@NullMarked
package io.flotilla.agent.exec;

import org.jspecify.annotations.NullMarked;
