/** Query parameters, filters and times as Docker's daemon reads them. */
@NullMarked
package io.flotilla.gateway.query;

import org.jspecify.annotations.NullMarked;
