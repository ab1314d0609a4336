/** Images between this node's store and registries or files: pull, push, import. */
@NullMarked
package io.flotilla.agent.image.transfer;

import org.jspecify.annotations.NullMarked;
