package io.flotilla.agent.image.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.agent.image.registry.RegistryFailure.Reason;
import io.flotilla.agent.image.registry.RegistryHttp.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** The protocol's error answers (distribution specification, "Error Codes") as failures, worded as Docker words them. */
final class RegistryErrors {
    private static final int MAX_ERROR_BYTES = 64 * 1024;
    private static final ObjectMapper JSON = new ObjectMapper();

    private RegistryErrors() {}

    /** Of an answer whose status is not a success; reads its body. */
    static RegistryFailure of(String method, Answer answer) {
        String what = RegistryHttp.what(method, answer.uri());
        if (answer.status() == 401) {
            for (AuthChallenge challenge :
                    AuthChallenge.parse(answer.headers().getOrDefault("www-authenticate", List.of()))) {
                // a token was accepted, but does not reach so far: Docker tells that as a denial
                if (challenge.parameter("error").equals("insufficient_scope")) {
                    return new RegistryFailure(
                            Reason.DENIED, "DENIED", "denied: requested access to the resource is denied");
                }
            }
        }
        byte[] body;
        try {
            body = answer.body().readNBytes(MAX_ERROR_BYTES);
        } catch (IOException e) {
            return new RegistryFailure(String.valueOf(e.getMessage()), e);
        }
        JsonNode first = errors(body).path(0);
        String code = first.path("code").asText("");
        Reason reason = reason(answer.status(), code);
        if (code.isEmpty()) {
            return new RegistryFailure(reason, "", plain(what, answer.status(), body));
        }
        String words = code.toLowerCase(Locale.ROOT).replace('_', ' ');
        return new RegistryFailure(
                reason, code, words + ": " + first.path("message").asText(words));
    }

    private static JsonNode errors(byte[] body) {
        try {
            return JSON.readTree(new String(body, StandardCharsets.UTF_8)).path("errors");
        } catch (JsonProcessingException notJson) {
            return JSON.missingNode();
        }
    }

    private static String plain(String what, int status, byte[] body) {
        return switch (status) {
            case 401 -> what + "unauthorized: authentication required";
            case 403 -> what + "denied: requested access to the resource is denied";
            case 404 -> what + "not found";
            case 429 -> "toomanyrequests: " + text(body, "too many requests");
            default -> what + "received unexpected HTTP status: " + status;
        };
    }

    private static String text(byte[] body, String otherwise) {
        String text = new String(body, StandardCharsets.UTF_8).strip();
        return text.isEmpty() || text.length() > 500 ? otherwise : text;
    }

    private static Reason reason(int status, String code) {
        return switch (status) {
            case 401 -> code.equals("DENIED") ? Reason.DENIED : Reason.UNAUTHORIZED;
            case 403 -> Reason.DENIED;
            case 404 -> Reason.NOT_FOUND;
            case 408, 429, 500, 502, 503, 504 -> Reason.UNREACHABLE;
            default -> Reason.REFUSED;
        };
    }
}
