@NullMarked
package io.flotilla.agent.archive;

import org.jspecify.annotations.NullMarked;
