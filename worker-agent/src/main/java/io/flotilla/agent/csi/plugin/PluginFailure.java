package io.flotilla.agent.csi.plugin;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A CSI plugin is not there, or did not do what it was asked; every call may be tried again (CSI, "Error Scheme"). The
 * message is for users and has no secret's value. No cause is kept, since its words are the plugin's, who knows the secrets.
 */
public final class PluginFailure extends IOException {
    private static final long serialVersionUID = 1L;
    private static final int MOST_CHARACTERS = 1_000;
    private static final String HIDDEN = "***";

    private final Status.@Nullable Code code;

    PluginFailure(String message) {
        super(message);
        this.code = null;
    }

    private PluginFailure(String message, Status.Code code) {
        super(message);
        this.code = code;
    }

    /**
     * @param plugin its name, or where it was looked for
     * @param secrets values the call was made with
     */
    static PluginFailure of(String plugin, String call, StatusRuntimeException failed, Collection<String> secrets) {
        Status status = failed.getStatus();
        StringBuilder words = new StringBuilder(status.getCode().name());
        Throwable cause = status.getCause();
        // of a connection that fails the cause alone says how
        String why = cause == null ? status.getDescription() : cause.getMessage();
        if (why != null) {
            words.append(": ").append(why);
        }
        String told = hide(words.toString(), secrets);
        String bounded = told.length() > MOST_CHARACTERS ? told.substring(0, MOST_CHARACTERS) + "..." : told;
        return new PluginFailure("CSI plugin " + plugin + ": " + call + ": " + bounded, status.getCode());
    }

    /** A plugin may repeat what it was called with. The longest first: one value may be part of another. */
    private static String hide(String words, Collection<String> secrets) {
        List<String> longestFirst = secrets.stream()
                .filter(value -> !value.isEmpty())
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
        String hidden = words;
        for (String value : longestFirst) {
            hidden = hidden.replace(value, HIDDEN);
        }
        return hidden;
    }

    boolean isUnimplemented() {
        return code == Status.Code.UNIMPLEMENTED;
    }

    /** Nobody answers at its socket. */
    boolean isAway() {
        return code == Status.Code.UNAVAILABLE;
    }

    /** Never null here. */
    @Override
    public String getMessage() {
        return Objects.requireNonNullElse(super.getMessage(), "");
    }
}
