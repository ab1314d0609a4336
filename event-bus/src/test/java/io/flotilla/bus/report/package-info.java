@NullMarked
package io.flotilla.bus.report;

import org.jspecify.annotations.NullMarked;
