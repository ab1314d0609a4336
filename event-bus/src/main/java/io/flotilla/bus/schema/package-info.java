/**
 * The Docker Engine API's JSON types as records (definition v1.52), the one schema of REST, Raft entries, Kafka records and
 * snapshots. Lists and maps are never null; anything else a client may leave out is {@code @Nullable}. {@link
 * io.flotilla.bus.schema.StoreObject} are the ones the cluster's state is made of; what they have beyond the API is
 * documented on them.
 */
@NullMarked
package io.flotilla.bus.schema;

import org.jspecify.annotations.NullMarked;
