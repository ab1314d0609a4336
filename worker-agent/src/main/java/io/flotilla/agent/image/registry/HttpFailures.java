package io.flotilla.agent.image.registry;

import java.io.EOFException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What went wrong on the way to a registry, in the words Docker's users know. */
final class HttpFailures {
    private HttpFailures() {}

    static String reason(Throwable failure) {
        if (has(failure, UnresolvedAddressException.class) != null
                || has(failure, UnknownHostException.class) != null) {
            return "no such host";
        }
        if (has(failure, HttpConnectTimeoutException.class) != null) {
            return "no connection within the time limit";
        }
        if (has(failure, ConnectException.class) != null) {
            return "connection refused or the host cannot be reached";
        }
        SSLException tls = has(failure, SSLException.class);
        if (tls != null) {
            return tls(tls);
        }
        if (has(failure, EOFException.class) != null || has(failure, ClosedChannelException.class) != null) {
            return "the connection was closed";
        }
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }

    private static String tls(SSLException failure) {
        String message = String.valueOf(failure.getMessage());
        if (message.toLowerCase(Locale.ROOT).contains("unrecognized ssl message")) {
            return "http: server gave HTTP response to HTTPS client";
        }
        if (message.contains("PKIX path")) {
            return "tls: failed to verify certificate: x509: certificate signed by unknown authority";
        }
        return "tls: " + message;
    }

    private static <T extends Throwable> @Nullable T has(Throwable failure, Class<T> type) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
        }
        return null;
    }
}
