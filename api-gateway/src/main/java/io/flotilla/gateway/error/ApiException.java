package io.flotilla.gateway.error;

/** A call that fails with this HTTP status and, as {@code {"message": ...}}, this wording. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    public ApiException(int status, String message) {
        super(message);
        this.status = status;
    }

    public ApiException(int status, String message, Throwable cause) {
        super(message, cause);
        this.status = status;
    }

    public int status() {
        return status;
    }

    /** The message, as every call has one. */
    public String text() {
        return String.valueOf(getMessage());
    }

    public static ApiException invalid(String message) {
        return new ApiException(400, message);
    }

    public static ApiException notFound(String message) {
        return new ApiException(404, message);
    }

    public static ApiException conflict(String message) {
        return new ApiException(409, message);
    }

    public static ApiException failed(String message) {
        return new ApiException(500, message);
    }

    /** What a later version will do; names the call. */
    public static ApiException notBuilt(String what) {
        return new ApiException(501, what + " is not supported by this version of Flotilla");
    }

    public static ApiException unavailable(String message) {
        return new ApiException(503, message);
    }
}
