package io.flotilla.agent.network.bridge;

import io.flotilla.agent.runtime.linux.nft.Nftables;
import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;

/** The instance's table in the kernel: the last rules put there, and whether they are still so. Not for concurrent use. */
final class Rules implements Closeable {
    static final String FAMILY = "ip";

    private final Nftables nftables;
    private final String table;
    private String script = "";
    private Optional<String> listing = Optional.empty();

    private Rules(Nftables nftables, String table) {
        this.nftables = nftables;
        this.table = table;
    }

    static Rules open(String table) throws IOException {
        return new Rules(Nftables.open(), table);
    }

    /** Replaces the table in one transaction, unless these rules were the last. */
    void apply(Ruleset wanted) throws IOException {
        String wantedScript = wanted.render();
        if (!wantedScript.equals(script)) {
            replace(wantedScript);
        }
    }

    /** Puts the last rules back if somebody changed them. */
    boolean repair() throws IOException {
        if (nftables.list(FAMILY, table).equals(listing)) {
            return false;
        }
        replace(script);
        return true;
    }

    private void replace(String with) throws IOException {
        nftables.apply(with);
        script = with;
        listing = nftables.list(FAMILY, table);
    }

    static void remove(String table) throws IOException {
        try (Nftables nftables = Nftables.open()) {
            nftables.delete(FAMILY, table);
        }
    }

    @Override
    public void close() {
        nftables.close();
    }
}
