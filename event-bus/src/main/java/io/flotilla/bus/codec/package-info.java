/** How the schema is written: JSON for people and clients, Smile for Raft entries and snapshots. */
@NullMarked
package io.flotilla.bus.codec;

import org.jspecify.annotations.NullMarked;
