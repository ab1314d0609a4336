/** What agents see, as it travels on flotilla.reports. */
@NullMarked
package io.flotilla.bus.report;

import org.jspecify.annotations.NullMarked;
