package io.flotilla.agent.runtime.linux.nft;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/** libnftables(3), mapped directly after {@link #load}. */
final class LibNftables {
    private static final String LIBRARY = "libnftables.so.1";

    static final int NFT_CTX_DEFAULT = 0;
    static final int NFT_CTX_OUTPUT_STATELESS = 1 << 2;
    static final int NFT_CTX_OUTPUT_JSON = 1 << 4;

    private static boolean loaded;

    private LibNftables() {}

    /** @throws UnsatisfiedLinkError when the host has no such library */
    static synchronized void load() {
        if (!loaded) {
            Native.register(LibNftables.class, LIBRARY);
            loaded = true;
        }
    }

    static native @Nullable Pointer nft_ctx_new(int flags);

    static native void nft_ctx_free(Pointer context);

    static native void nft_ctx_output_set_flags(Pointer context, int flags);

    static native int nft_ctx_buffer_output(Pointer context);

    static native int nft_ctx_buffer_error(Pointer context);

    static native @Nullable String nft_ctx_get_output_buffer(Pointer context);

    static native @Nullable String nft_ctx_get_error_buffer(Pointer context);

    static native int nft_run_cmd_from_buffer(Pointer context, String commands);
}
