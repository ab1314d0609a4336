/** The cluster as this gateway sees it, followed from flotilla.objects. */
@NullMarked
package io.flotilla.gateway.view;

import org.jspecify.annotations.NullMarked;
