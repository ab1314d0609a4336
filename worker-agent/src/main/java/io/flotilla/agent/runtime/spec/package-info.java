/** What to run, in the words of the OCI runtime specification's config.json. */
@NullMarked
package io.flotilla.agent.runtime.spec;

import org.jspecify.annotations.NullMarked;
