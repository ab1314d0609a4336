/** What has committed goes out to the bus: objects, assignments, events; in commit order, exactly once. */
@NullMarked
package io.flotilla.manager.dispatch;

import org.jspecify.annotations.NullMarked;
