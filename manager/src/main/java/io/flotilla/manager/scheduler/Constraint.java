package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.EngineDescription;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeDescription;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.TaskSpec;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One placement constraint, {@code node.labels.zone==east}. Keys and values match in any case, a label's own name only
 * exactly, as in SwarmKit. A label that is not there equals the empty string.
 */
public final class Constraint {
    private static final Pattern KEY = Pattern.compile("[a-z_][a-z0-9\\-_.]+", Pattern.CASE_INSENSITIVE);
    private static final Pattern VALUE =
            Pattern.compile("[a-z0-9:\\-_\\s.*()?+\\[\\]\\\\^$|/]+", Pattern.CASE_INSENSITIVE);
    private static final String NODE_LABEL = "node.labels.";
    private static final String ENGINE_LABEL = "engine.labels.";

    private enum Subject {
        ID,
        HOSTNAME,
        ADDRESS,
        ROLE,
        OS,
        ARCHITECTURE,
        NODE_LABEL,
        ENGINE_LABEL,
        UNKNOWN
    }

    private final String key;
    private final Subject subject;
    private final String label;
    private final boolean equal;
    private final String value;

    private Constraint(String key, boolean equal, String value) {
        this.key = key;
        this.subject = subject(key);
        this.label = label(subject, key);
        this.equal = equal;
        this.value = value;
    }

    /** What is wrong with the first malformed expression, in SwarmKit's words; empty: nothing. */
    public static Optional<String> malformed(List<String> expressions) {
        return expressions.stream()
                .map(Constraint::problem)
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** @throws IllegalArgumentException on an expression {@link #malformed} tells of */
    public static List<Constraint> parse(List<String> expressions) {
        malformed(expressions).ifPresent(problem -> {
            throw new IllegalArgumentException(problem);
        });
        return expressions.stream()
                .flatMap(expression -> Parts.of(expression).stream())
                .map(parts -> new Constraint(parts.key(), parts.equal(), parts.value()))
                .toList();
    }

    /** The constraints of a task spec, none when it has no placement. */
    public static List<Constraint> of(@Nullable TaskSpec spec) {
        return Optional.ofNullable(spec)
                .map(TaskSpec::placement)
                .map(Placement::constraints)
                .map(Constraint::parse)
                .orElse(List.of());
    }

    public static boolean allMatch(List<Constraint> constraints, Node node) {
        for (Constraint constraint : constraints) {
            if (!constraint.matches(node)) {
                return false;
            }
        }
        return true;
    }

    public boolean matches(Node node) {
        return switch (subject) {
            case ID -> isValue(node.id());
            case HOSTNAME ->
                isValue(node.description() == null ? null : node.description().hostname());
            case ADDRESS ->
                isWithin(node.status() == null ? null : node.status().addr());
            case ROLE ->
                isValue(Objects.requireNonNullElse(node.spec().role(), NodeSpec.Role.WORKER)
                        .name());
            case OS -> isValue(Platforms.of(node).os());
            case ARCHITECTURE -> isArchitecture(Platforms.of(node).architecture());
            case NODE_LABEL -> isValue(node.spec().labels().get(label));
            case ENGINE_LABEL -> isValue(engineLabels(node).get(label));
            case UNKNOWN -> false;
        };
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Constraint that
                && key.equals(that.key)
                && equal == that.equal
                && value.equals(that.value);
    }

    @Override
    public int hashCode() {
        return Objects.hash(key, equal, value);
    }

    @Override
    public String toString() {
        return key + (equal ? "==" : "!=") + value;
    }

    private static Subject subject(String key) {
        if (isPrefixed(key, NODE_LABEL)) {
            return Subject.NODE_LABEL;
        }
        if (isPrefixed(key, ENGINE_LABEL)) {
            return Subject.ENGINE_LABEL;
        }
        return switch (key.toLowerCase(Locale.ROOT)) {
            case "node.id" -> Subject.ID;
            case "node.hostname" -> Subject.HOSTNAME;
            case "node.ip" -> Subject.ADDRESS;
            case "node.role" -> Subject.ROLE;
            case "node.platform.os" -> Subject.OS;
            case "node.platform.arch" -> Subject.ARCHITECTURE;
            default -> Subject.UNKNOWN;
        };
    }

    private static String label(Subject subject, String key) {
        return switch (subject) {
            case NODE_LABEL -> key.substring(NODE_LABEL.length());
            case ENGINE_LABEL -> key.substring(ENGINE_LABEL.length());
            default -> "";
        };
    }

    static Map<String, String> engineLabels(Node node) {
        return Optional.ofNullable(node.description())
                .map(NodeDescription::engine)
                .map(EngineDescription::labels)
                .orElse(Map.of());
    }

    private static boolean isPrefixed(String key, String prefix) {
        return key.length() > prefix.length() && key.regionMatches(true, 0, prefix, 0, prefix.length());
    }

    private boolean isValue(@Nullable String actual) {
        return value.equalsIgnoreCase(Objects.requireNonNullElse(actual, "")) == equal;
    }

    // a user may write either of the names one processor type goes by
    private boolean isArchitecture(@Nullable String actual) {
        return Platforms.architecture(value).equals(Platforms.architecture(actual)) == equal;
    }

    /** The value is an address or a subnet; a malformed one matches no node. */
    private boolean isWithin(@Nullable String address) {
        Optional<Subnet> subnet = Subnet.parse(value);
        return subnet.isPresent() && subnet.get().contains(address) == equal;
    }

    private static Optional<String> problem(String expression) {
        Optional<Parts> parts = Parts.of(expression);
        if (parts.isEmpty()) {
            return Optional.of("constraint expected one operator from ==, !=");
        }
        if (!KEY.matcher(parts.get().key()).matches()) {
            return Optional.of("key '" + parts.get().key() + "' is invalid");
        }
        if (!VALUE.matcher(parts.get().value()).matches()) {
            return Optional.of("value '" + parts.get().value() + "' is invalid");
        }
        return Optional.empty();
    }

    private record Parts(String key, boolean equal, String value) {
        // == is looked for first wherever it stands, as in SwarmKit
        static Optional<Parts> of(String expression) {
            boolean equal = expression.contains("==");
            int at = expression.indexOf(equal ? "==" : "!=");
            return at < 0
                    ? Optional.empty()
                    : Optional.of(new Parts(
                            expression.substring(0, at).strip(),
                            equal,
                            expression.substring(at + 2).strip()));
        }
    }

    /** @param prefixBits of the address that count */
    private record Subnet(byte[] address, int prefixBits) {
        static Optional<Subnet> parse(String text) {
            int slash = text.indexOf('/');
            Optional<byte[]> address = bytes(slash < 0 ? text : text.substring(0, slash));
            return address.flatMap(bytes -> prefix(slash < 0 ? null : text.substring(slash + 1), bytes.length * 8)
                    .map(bits -> new Subnet(bytes, bits)));
        }

        boolean contains(@Nullable String other) {
            byte[] bytes = other == null ? new byte[0] : bytes(other).orElse(new byte[0]);
            if (bytes.length != address.length) {
                return false;
            }
            for (int bit = 0; bit < prefixBits; bit++) {
                int mask = 0x80 >> (bit % 8);
                if ((bytes[bit / 8] & mask) != (address[bit / 8] & mask)) {
                    return false;
                }
            }
            return true;
        }

        private static Optional<Integer> prefix(@Nullable String digits, int most) {
            if (digits == null) {
                return Optional.of(most);
            }
            boolean valid = digits.matches("\\d{1,3}") && Integer.parseInt(digits) <= most;
            return valid ? Optional.of(Integer.parseInt(digits)) : Optional.empty();
        }

        private static Optional<byte[]> bytes(String literal) {
            try {
                return Optional.of(InetAddress.ofLiteral(literal).getAddress());
            } catch (IllegalArgumentException notAnAddress) {
                return Optional.empty();
            }
        }
    }
}
