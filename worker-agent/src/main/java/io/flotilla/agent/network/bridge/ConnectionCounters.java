package io.flotilla.agent.network.bridge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.flotilla.agent.runtime.linux.nft.Nftables;
import java.io.Closeable;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Counts the connections that were translated to containers, in a table of its own: the instance's is replaced with each change of
 * what is published, this one only gains and loses elements, so that no count is lost. The kernel shows a nat chain the first
 * packet of a connection alone (nft(8)), and it is counted behind the translation, where the destination is the container, before
 * {@link Ruleset} masks the source, which would end the look at it. The table is there only while somebody asks.
 * Not for concurrent use.
 */
final class ConnectionCounters implements Closeable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String SET = "containers";

    private final String table;
    private @Nullable Nftables nftables;

    /** Nobody asked since the table was removed; a process before this one may have left it. */
    private boolean removed;

    ConnectionCounters(String table) {
        this.table = table;
    }

    /** Goes on counting those of the last call, begins with new ones and forgets the others. @return by container */
    Map<Inet4Address, Long> count(Set<Inet4Address> containers) throws IOException {
        if (containers.isEmpty()) {
            if (!removed) {
                kernel().delete(Rules.FAMILY, table);
                removed = true;
            }
            return Map.of();
        }
        removed = false;
        Optional<Map<Inet4Address, Long>> counted = read();
        if (counted.isEmpty()) {
            kernel().apply(script(table, containers));
            counted = Optional.of(read().orElseThrow(
                            () -> new IOException("nftables does not show the table " + table + " as it was made")));
        }
        Map<Inet4Address, Long> known = counted.get();
        String change = change(table, known.keySet(), containers);
        if (!change.isEmpty()) {
            kernel().apply(change);
        }
        return containers.stream()
                .collect(Collectors.toMap(container -> container, container -> known.getOrDefault(container, 0L)));
    }

    private Optional<Map<Inet4Address, Long>> read() throws IOException {
        Optional<String> listing = kernel().listJson(Rules.FAMILY, table);
        return listing.isPresent() ? parse(listing.get()) : Optional.empty();
    }

    private Nftables kernel() throws IOException {
        if (nftables == null) {
            nftables = Nftables.open();
        }
        return nftables;
    }

    /** The whole table, in place of whatever is there. */
    static String script(String table, Collection<Inet4Address> containers) {
        return """
                table ip %1$s
                delete table ip %1$s
                table ip %1$s {
                  set %2$s {
                    type ipv4_addr; counter;
                    elements = { %3$s }
                  }
                  chain postrouting {
                    type nat hook postrouting priority 90; policy accept;
                    ct status dnat ip daddr @%2$s
                  }
                }
                """.formatted(table, SET, elements(containers));
    }

    /** Empty when nothing is to be changed. */
    static String change(String table, Set<Inet4Address> counted, Set<Inet4Address> wanted) {
        return element("add", table, without(wanted, counted)) + element("delete", table, without(counted, wanted));
    }

    private static String element(String what, String table, Set<Inet4Address> containers) {
        return containers.isEmpty()
                ? ""
                : what + " element ip " + table + " " + SET + " { " + elements(containers) + " }\n";
    }

    private static Set<Inet4Address> without(Set<Inet4Address> all, Set<Inet4Address> others) {
        return all.stream().filter(address -> !others.contains(address)).collect(Collectors.toSet());
    }

    private static String elements(Collection<Inet4Address> containers) {
        return String.join(
                ", ",
                containers.stream().map(InetAddress::getHostAddress).collect(Collectors.toCollection(TreeSet::new)));
    }

    /**
     * The counters of a listing.
     *
     * @return empty when the table lacks what it was made of
     */
    static Optional<Map<Inet4Address, Long>> parse(String listing) throws IOException {
        JsonNode objects;
        try {
            objects = JSON.readTree(listing).path("nftables");
        } catch (JsonProcessingException e) {
            throw new IOException("nftables wrote no JSON: " + e.getOriginalMessage(), e);
        }
        Optional<JsonNode> set = only(objects, "set")
                .filter(found -> SET.equals(found.path("name").asText()));
        Optional<JsonNode> chain = only(objects, "chain").filter(found -> found.has("hook"));
        if (set.isEmpty() || chain.isEmpty() || only(objects, "rule").isEmpty()) {
            return Optional.empty();
        }
        Map<Inet4Address, Long> counted = new HashMap<>();
        for (JsonNode element : set.get().path("elem")) {
            JsonNode counter = element.path("elem").path("counter").path("packets");
            if (!counter.isIntegralNumber()) {
                return Optional.empty();
            }
            counted.put(Inet4Address.ofLiteral(element.path("elem").path("val").asText()), counter.longValue());
        }
        return Optional.of(counted);
    }

    private static Optional<JsonNode> only(JsonNode objects, String kind) {
        var found = StreamSupport.stream(objects.spliterator(), false)
                .filter(object -> object.has(kind))
                .toList();
        return found.size() == 1 ? Optional.of(found.getFirst().path(kind)) : Optional.empty();
    }

    /** What is counted goes on being counted. */
    @Override
    public void close() {
        if (nftables != null) {
            nftables.close();
            nftables = null;
        }
    }
}
