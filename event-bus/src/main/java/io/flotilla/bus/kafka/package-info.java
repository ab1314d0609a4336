/** The bus on Kafka; the only package besides the broker that sees Kafka's classes. */
@NullMarked
package io.flotilla.bus.kafka;

import org.jspecify.annotations.NullMarked;
