/** Images: names, listing, loading, tagging, removing. */
@NullMarked
package io.flotilla.gateway.image;

import org.jspecify.annotations.NullMarked;
