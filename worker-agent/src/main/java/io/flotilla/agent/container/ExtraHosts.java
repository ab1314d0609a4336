package io.flotilla.agent.container;

import java.util.ArrayList;
import java.util.List;

/** Swarm keeps extra hosts as lines of hosts(5), "address name alias"; docker run as "name:address". */
public final class ExtraHosts {
    private ExtraHosts() {}

    static List<String> dockerForm(List<String> hosts) {
        List<String> entries = new ArrayList<>();
        for (String line : hosts) {
            String[] words = line.strip().split("\\s+");
            for (int i = 1; i < words.length; i++) {
                entries.add(words[i] + ":" + words[0]);
            }
        }
        return List.copyOf(entries);
    }
}
