/** Docker's seccomp profiles, compiled to BPF by libseccomp. */
@NullMarked
package io.flotilla.agent.runtime.linux.seccomp;

import org.jspecify.annotations.NullMarked;
