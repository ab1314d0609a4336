package io.flotilla.manager.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a member acknowledged survives kill -9 at any moment, and is applied once. */
final class RatisDurabilityTest {
    private static final int ROUNDS = 10;
    private static final int MAX_ACKNOWLEDGED = 1200;

    @Test
    @Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void acknowledgedEntriesSurviveKillsAndAreAppliedOnce(@TempDir Path dir) throws Exception {
        String address;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            address = "127.0.0.1:" + socket.getLocalPort();
        }
        RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
        long[] acknowledged = new long[KilledMember.WRITERS];
        for (int round = 0; round <= ROUNDS; round++) {
            int killAfter = round == ROUNDS ? 0 : random.nextInt(MAX_ACKNOWLEDGED);
            run(dir, address, acknowledged, killAfter, "round " + round + ", killed after " + killAfter);
        }
        assertThat(acknowledged).doesNotContain(0);
    }

    private static void run(Path dir, String address, long[] acknowledged, int killAfter, String round)
            throws Exception {
        Process member = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx160m",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledMember.class.getName(),
                        dir.toString(),
                        address)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = member.inputReader()) {
            long[] before = acknowledged.clone();
            int left = killAfter;
            boolean leading = false;
            while (!leading || left > 0) {
                String line = lines.readLine();
                assertThat(line).as(round).isNotNull().doesNotStartWith("broken");
                leading |= line.equals("leading");
                left -= note(line, before, acknowledged, round);
            }
            member.toHandle().destroyForcibly();
            // what it wrote before it died counts too
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                assertThat(line).as(round).doesNotStartWith("broken");
                int unused = note(line, before, acknowledged, round);
            }
        } finally {
            member.destroyForcibly();
            assertThat(member.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static int note(String line, long[] before, long[] acknowledged, String round) {
        List<String> words = List.of(line.split(" "));
        if (words.size() != 3) {
            return 0;
        }
        int writer = Integer.parseInt(words.get(1));
        long number = Long.parseLong(words.get(2));
        return switch (words.getFirst()) {
            case "has" -> {
                // one more may be there that was under way and not acknowledged
                assertThat(number)
                        .as("%s: writer %d's state", round, writer)
                        .isBetween(before[writer], before[writer] + 1);
                acknowledged[writer] = number;
                yield 0;
            }
            case "ack" -> {
                acknowledged[writer] = number;
                yield 1;
            }
            default -> 0;
        };
    }
}
