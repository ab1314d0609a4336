package io.flotilla.bus.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A broker killed with -9 starts again with every batch it acknowledged, whole. */
final class BrokerDurabilityTest {
    private static final int ROUNDS = 2;

    @Test
    @Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void killedBrokerStartsAgainWithEverythingItAcknowledged(@TempDir Path dir) throws Exception {
        BrokerConfig config = BrokerFixture.config(dir);
        int acknowledged = 0;
        for (int round = 0; round <= ROUNDS; round++) {
            int killAfter = round == ROUNDS ? 0 : RandomGenerator.getDefault().nextInt(2, 300);
            acknowledged = run(config, acknowledged, killAfter);
        }
    }

    /** Returns the highest number that is acknowledged. */
    private static int run(BrokerConfig config, int acknowledged, int killAfter) throws Exception {
        // a number that was under way may be there and is not used again
        int begin = acknowledged + 2;
        Process process = start(config, begin);
        Map<Integer, Integer> found = new TreeMap<>();
        int newest = acknowledged;
        try (BufferedReader lines = process.inputReader()) {
            boolean read = false;
            while (!read || newest < begin + killAfter - 1 && killAfter > 0) {
                String line = lines.readLine();
                assertThat(line).isNotNull().doesNotStartWith("broken");
                read |= line.equals("reading done");
                newest = Math.max(newest, note(line, found));
            }
            process.toHandle().destroyForcibly();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                newest = Math.max(newest, note(line, found));
            }
        } finally {
            process.destroyForcibly();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(found.values()).as("records of each batch").allMatch(count -> count == 3);
        if (acknowledged > 0) {
            assertThat(found).containsKey(acknowledged);
            assertThat(found.size()).isGreaterThanOrEqualTo(acknowledged - 2 * ROUNDS);
        }
        return newest;
    }

    private static int note(String line, Map<Integer, Integer> found) {
        if (line.startsWith("has ")) {
            found.merge(Integer.parseInt(line.substring(4)), 1, Integer::sum);
        }
        return line.startsWith("ack ") ? Integer.parseInt(line.substring(4)) : 0;
    }

    private static Process start(BrokerConfig config, int begin) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx200m",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledBroker.class.getName(),
                        config.dir().toString(),
                        Integer.toString(config.port()),
                        Integer.toString(config.controllerPort()),
                        Integer.toString(begin))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
