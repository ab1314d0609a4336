@NullMarked
package io.flotilla.agent.reconcile;

import org.jspecify.annotations.NullMarked;
