package io.flotilla.agent.network.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConnectionCountersTest {
    private static final Inet4Address A = Inet4Address.ofLiteral("172.17.0.2");
    private static final Inet4Address B = Inet4Address.ofLiteral("172.17.0.3");
    private static final Inet4Address C = Inet4Address.ofLiteral("172.17.0.4");

    private static final String CHAIN = """
            {"chain": {"family": "ip", "table": "t", "name": "postrouting", "handle": 1, "type": "nat",
             "hook": "postrouting", "prio": 90, "policy": "accept"}}""";
    private static final String RULE = """
            {"rule": {"family": "ip", "table": "t", "chain": "postrouting", "handle": 3, "expr": []}}""";

    private static String listing(String elements, String others) {
        return """
                {"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
                 {"table": {"family": "ip", "name": "t", "handle": 2}},
                 {"set": {"family": "ip", "name": "containers", "table": "t", "type": "ipv4_addr", "handle": 2%s}}%s]}
                """.formatted(elements, others.isEmpty() ? "" : ", " + others);
    }

    @Test
    void countersAreReadByContainer() throws IOException {
        String elements = """
                , "elem": [{"elem": {"val": "172.17.0.2", "counter": {"packets": 5, "bytes": 300}}},
                 {"elem": {"val": "172.17.0.3", "counter": {"packets": 0, "bytes": 0}}}]""";

        assertThat(ConnectionCounters.parse(listing(elements, CHAIN + ", " + RULE)))
                .contains(Map.of(A, 5L, B, 0L));
        assertThat(ConnectionCounters.parse(listing("", CHAIN + ", " + RULE))).contains(Map.of());
    }

    @Test
    void aTableThatCountsNothingIsNotTaken() throws IOException {
        String uncounted = ", \"elem\": [\"172.17.0.2\"]";

        assertThat(ConnectionCounters.parse(listing("", CHAIN))).as("no rule").isEmpty();
        assertThat(ConnectionCounters.parse(listing("", RULE))).as("no chain").isEmpty();
        assertThat(ConnectionCounters.parse("{\"nftables\": []}")).as("no set").isEmpty();
        assertThat(ConnectionCounters.parse(listing(uncounted, CHAIN + ", " + RULE)))
                .as("no counter")
                .isEmpty();
        assertThatThrownBy(() -> ConnectionCounters.parse("table ip t {"))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("nftables wrote no JSON: ");
    }

    @Test
    void onlyWhatComesAndGoesIsChanged() {
        assertThat(ConnectionCounters.change("t", Set.of(A, B), Set.of(B, C)))
                .isEqualTo("add element ip t containers { 172.17.0.4 }\n"
                        + "delete element ip t containers { 172.17.0.2 }\n");
        assertThat(ConnectionCounters.change("t", Set.of(A, B), Set.of(B, A))).isEmpty();
    }
}
