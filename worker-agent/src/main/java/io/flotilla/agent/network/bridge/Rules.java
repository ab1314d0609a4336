package io.flotilla.agent.network.bridge;

import io.flotilla.agent.runtime.linux.nft.Nftables;
import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The instance's table in the kernel: the last rules put there, and whether they are still so. Not for concurrent use. */
final class Rules implements Closeable {
    static final String FAMILY = "ip";

    private final Nftables nftables;
    private final String table;
    private String script = "";
    /** How the kernel shows the script's rules; null until an audit has looked, for listing costs as much as replacing. */
    private @Nullable String listing;

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

    /**
     * Puts the last rules back if they are not there.
     *
     * @return whether somebody had changed them since the last time; one between a change of ours and the first look is
     *     repaired but not noticed
     */
    boolean repair() throws IOException {
        Optional<String> seen = listing == null ? Optional.empty() : nftables.list(FAMILY, table);
        if (listing != null && seen.filter(listing::equals).isPresent()) {
            return false;
        }
        boolean drifted = listing != null;
        replace(script);
        listing = nftables.list(FAMILY, table).orElse(null);
        return drifted;
    }

    private void replace(String with) throws IOException {
        nftables.apply(with);
        script = with;
        listing = null;
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
