@NullMarked
package io.flotilla.agent;

import org.jspecify.annotations.NullMarked;
