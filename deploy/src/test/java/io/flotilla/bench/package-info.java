/** Two Docker engines timed side by side through their API and the docker client; see deploy/bench. Nothing here asserts. */
@NullMarked
package io.flotilla.bench;

import org.jspecify.annotations.NullMarked;
