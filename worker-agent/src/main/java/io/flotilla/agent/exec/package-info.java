/** Commands executed in running containers at a user's request. */
@NullMarked
package io.flotilla.agent.exec;

import org.jspecify.annotations.NullMarked;
