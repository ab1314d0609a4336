package io.flotilla.agent.runtime.linux.nft;

import com.sun.jna.Pointer;
import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Runs nft(8) commands in the network namespace of the thread that opened it. Safe for any thread, one command at a time; a
 * script is one transaction: all of it or nothing.
 */
public final class Nftables implements Closeable {
    private @Nullable Pointer context;

    private Nftables(Pointer context) {
        this.context = context;
    }

    /** @throws IOException also when the host lacks libnftables, saying what to install */
    public static Nftables open() throws IOException {
        try {
            LibNftables.load();
        } catch (UnsatisfiedLinkError e) {
            throw new IOException("libnftables.so.1 is missing on this host: install libnftables1 (Debian, Ubuntu) or"
                    + " nftables-libs (others)");
        }
        Pointer context = LibNftables.nft_ctx_new(LibNftables.NFT_CTX_DEFAULT);
        if (context == null) {
            throw new IOException("nft_ctx_new: no memory or no netlink socket");
        }
        LibNftables.nft_ctx_output_set_flags(context, LibNftables.NFT_CTX_OUTPUT_STATELESS);
        if (LibNftables.nft_ctx_buffer_output(context) != 0 || LibNftables.nft_ctx_buffer_error(context) != 0) {
            LibNftables.nft_ctx_free(context);
            throw new IOException("nft_ctx_buffer_output: no memory");
        }
        return new Nftables(context);
    }

    /** Runs a script as one transaction. */
    public void apply(String script) throws IOException {
        run(script);
    }

    /** The table as nft(8) lists it, without counters; empty when there is none of that name. */
    public synchronized Optional<String> list(String family, String table) throws IOException {
        return exists(family, table) ? Optional.of(run("list table " + family + " " + table)) : Optional.empty();
    }

    /** The table with its counters as libnftables-json(5) words it; empty when there is none of that name. */
    public synchronized Optional<String> listJson(String family, String table) throws IOException {
        if (!exists(family, table)) {
            return Optional.empty();
        }
        setOutput(LibNftables.NFT_CTX_OUTPUT_JSON);
        try {
            return Optional.of(run("list table " + family + " " + table));
        } finally {
            setOutput(LibNftables.NFT_CTX_OUTPUT_STATELESS);
        }
    }

    private boolean exists(String family, String table) throws IOException {
        String name = "table " + family + " " + table;
        return run("list tables " + family).lines().anyMatch(name::equals);
    }

    private void setOutput(int flags) {
        if (context != null) {
            LibNftables.nft_ctx_output_set_flags(context, flags);
        }
    }

    /** Removes a table with all that is in it. No error when there is none. */
    public void delete(String family, String table) throws IOException {
        // the first command makes the second succeed where there was none; both are one transaction
        apply("table " + family + " " + table + "\ndelete table " + family + " " + table + "\n");
    }

    private synchronized String run(String commands) throws IOException {
        Pointer open = context;
        if (open == null) {
            throw new IOException("nftables is closed");
        }
        int result = LibNftables.nft_run_cmd_from_buffer(open, commands);
        String output = LibNftables.nft_ctx_get_output_buffer(open);
        String error = LibNftables.nft_ctx_get_error_buffer(open);
        if (result != 0) {
            throw new IOException("nftables refused: " + (error == null ? "no reason given" : error.strip()));
        }
        return output == null ? "" : output;
    }

    @Override
    public synchronized void close() {
        Pointer open = context;
        if (open != null) {
            context = null;
            LibNftables.nft_ctx_free(open);
        }
    }
}
