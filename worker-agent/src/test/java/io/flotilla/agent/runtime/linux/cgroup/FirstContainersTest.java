package io.flotilla.agent.runtime.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** On the host's real hierarchies, as root: an instance's first containers come together. */
class FirstContainersTest {
    private static final int CONTAINERS = 4;
    private static final int ROUNDS = 10;

    @Test
    void containersMadeTogetherUnderANewParentCanAllBeJoined() throws Exception {
        Cgroups cgroups = Cgroups.detect();
        for (int round = 0; round < ROUNDS; round++) {
            String parent = "flotilla-first" + ProcessHandle.current().pid() + "x" + round;
            List<Future<?>> made = new ArrayList<>();
            try (ExecutorService together = Executors.newFixedThreadPool(CONTAINERS)) {
                for (int i = 0; i < CONTAINERS; i++) {
                    String group = parent + "/" + i;
                    made.add(together.submit(() -> {
                        cgroups.create(group, Resources.UNLIMITED, List.of());
                        return null;
                    }));
                }
            }
            try {
                for (Future<?> each : made) {
                    each.get();
                }
                for (int i = 0; i < CONTAINERS; i++) {
                    for (var view : cgroups.views(parent + "/" + i, true)) {
                        if (view.name().contains("cpuset")) {
                            assertThat(CgroupFiles.read(view.folder().resolve("cpuset.cpus")))
                                    .isNotBlank();
                            assertThat(CgroupFiles.read(view.folder().resolve("cpuset.mems")))
                                    .isNotBlank();
                        }
                    }
                }
            } finally {
                for (int i = 0; i < CONTAINERS; i++) {
                    assertThat(cgroups.remove(parent + "/" + i)).isTrue();
                }
                assertThat(cgroups.remove(parent)).isTrue();
            }
        }
    }
}
