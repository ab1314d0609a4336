/** The embedded default of the bus: a real Kafka broker in this JVM. */
@NullMarked
package io.flotilla.bus.broker;

import org.jspecify.annotations.NullMarked;
