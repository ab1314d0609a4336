/** Image archives: docker-archive and OCI image layout in a tar. */
@NullMarked
package io.flotilla.agent.image.archive;

import org.jspecify.annotations.NullMarked;
