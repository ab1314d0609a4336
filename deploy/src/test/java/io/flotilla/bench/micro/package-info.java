/** JMH benchmarks of what is done for every call, record or layer; see deploy/bench. */
@NullMarked
package io.flotilla.bench.micro;

import org.jspecify.annotations.NullMarked;
