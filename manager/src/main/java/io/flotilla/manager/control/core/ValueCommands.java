package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Config;
import io.flotilla.bus.schema.ConfigSpec;
import io.flotilla.bus.schema.Driver;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Secret;
import io.flotilla.bus.schema.SecretSpec;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.seal.Confidential;
import io.flotilla.manager.orchestrator.UpdatePhase;
import io.flotilla.manager.state.Turn;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * docker secret and docker config create, rm and the update of labels, in swarmkit's order and words; and what they mean for
 * a versioned one. Values are sealed when they come here.
 */
final class ValueCommands {
    private static final ObjectVersion NOT_COMMITTED = new ObjectVersion(0);
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9]+(?:[a-zA-Z0-9_.-]*[a-zA-Z0-9])?");
    private static final int MAX_NAME = 64;
    private static final Map<ObjectKind, Integer> MAX_BYTES =
            Map.of(ObjectKind.SECRET, 500 * 1024, ObjectKind.CONFIG, 1000 * 1024);

    Reply create(Turn turn, Command.CreateSecret create) {
        return create(
                turn, secret(turn, create.spec(), create.value()), create.spec().driver());
    }

    Reply create(Turn turn, Command.CreateConfig create) {
        return create(turn, config(turn, create.spec(), create.value()), null);
    }

    private static Reply create(Turn turn, StoredValue wanted, @Nullable Driver driver) {
        StoredValue present =
                turn.state().valueNamed(wanted.kind(), wanted.name()).orElse(null);
        Refusal refusal = new Refusals()
                .and(() -> name(wanted.name()))
                .and(() -> driver(driver))
                .and(() -> value(wanted.kind(), wanted.value()))
                .and(() -> templating(wanted.templating()))
                .when(
                        present != null && !(present.isVersioned() && wanted.isVersioned()),
                        () -> Refusal.conflict("rpc error: code = AlreadyExists desc = " + noun(wanted.kind()) + " "
                                + wanted.name() + " already exists"))
                .first();
        if (refusal != null) {
            return Refusals.refused(refusal);
        }
        if (present == null) {
            turn.put(wanted);
            return Commands.done(wanted.id());
        }
        return Commands.done(next(turn, present, wanted));
    }

    Reply update(Turn turn, Command.UpdateSecret update) {
        return update(
                turn,
                update.secretId(),
                update.version(),
                secret(turn, update.spec(), update.value()),
                update.spec().driver());
    }

    Reply update(Turn turn, Command.UpdateConfig update) {
        return update(turn, update.configId(), update.version(), config(turn, update.spec(), update.value()), null);
    }

    private static Reply update(Turn turn, String id, long version, StoredValue wanted, @Nullable Driver driver) {
        ObjectKind kind = wanted.kind();
        if (!(turn.state().find(kind, id) instanceof StoredValue present)) {
            return Refusals.refused(notFound(kind, id));
        }
        Confidential.Sealed value = wanted.value();
        boolean other = value != null && !value.equals(present.value());
        boolean current = present.supersededBy() == null;
        Refusal refusal = new Refusals()
                .when(
                        !wanted.name().equals(present.name()) || other && !(present.isVersioned() && current),
                        () -> Refusals.invalidArgument("only updates to Labels are allowed"))
                .and(() -> other ? driver(driver) : null)
                .and(() -> other ? value(kind, value) : null)
                .and(() -> other ? templating(wanted.templating()) : null)
                .first();
        if (refusal != null) {
            return Refusals.refused(refusal);
        }
        if (!Commands.current(turn, kind, present, version)) {
            return Commands.outOfSequence();
        }
        if (other) {
            return Commands.done(next(turn, present, wanted));
        }
        turn.put(present.relabelled(wanted.labels(), turn.now()));
        return Commands.done(id);
    }

    /** The same value again only has its labels changed. @return the ID the name stands for from now on */
    private static String next(Turn turn, StoredValue present, StoredValue wanted) {
        if (Objects.equals(present.value(), wanted.value())
                && Objects.equals(present.templating(), wanted.templating())) {
            turn.put(present.relabelled(wanted.labels(), turn.now()));
            return present.id();
        }
        return ValueVersions.next(turn, present, wanted).id();
    }

    Reply remove(Turn turn, Command.RemoveValue remove) {
        if (!(turn.state().find(remove.kind(), remove.id()) instanceof StoredValue value)) {
            return Refusals.refused(notFound(remove.kind(), remove.id()));
        }
        List<StoredValue> versions = value.supersededBy() == null
                ? ValueVersions.of(turn.state(), value.kind(), value.name())
                : List.of(value);
        Set<String> users = new TreeSet<>();
        for (Service service : turn.state().services()) {
            Set<String> ids = new HashSet<>(ValueReferences.in(service.spec(), value.kind()));
            if (service.previousSpec() != null && (UpdatePhase.isUnderWay(service) || UpdatePhase.isPaused(service))) {
                // tasks of it run and are started again, and the service may go back to it
                ids.addAll(ValueReferences.in(service.previousSpec(), value.kind()));
            }
            if (versions.stream().anyMatch(version -> ids.contains(version.id()))) {
                users.add(Objects.requireNonNullElse(service.spec().name(), service.id()));
            }
        }
        if (!users.isEmpty()) {
            return Refusals.refused(Refusals.invalidArgument(noun(value.kind()) + " '" + value.name()
                    + "' is in use by the following " + (users.size() == 1 ? "service" : "services") + ": "
                    + String.join(", ", users)));
        }
        versions.forEach(version -> turn.remove(version.kind(), version.id()));
        return Commands.done(value.id());
    }

    Reply read(Turn turn, Command.ReadConfig read) {
        Config config = turn.state().config(read.configId()).orElse(null);
        if (config == null) {
            return Refusals.refused(notFound(ObjectKind.CONFIG, read.configId()));
        }
        return new Reply.Disclosed(
                StoredValue.context(ObjectKind.CONFIG, config.name()), Objects.requireNonNull(config.value()));
    }

    private static Secret secret(Turn turn, SecretSpec spec, @Nullable Confidential value) {
        SecretSpec kept = spec.with(
                s -> s.data(null).labels(own(spec.labels())).driver(null).templating(given(spec.templating())));
        return new Secret(turn.newId(), NOT_COMMITTED, turn.now(), turn.now(), kept, sealed(value), 1, null);
    }

    private static Config config(Turn turn, ConfigSpec spec, @Nullable Confidential value) {
        ConfigSpec kept = spec.with(s -> s.data(null).labels(own(spec.labels())).templating(given(spec.templating())));
        return new Config(turn.newId(), NOT_COMMITTED, turn.now(), turn.now(), kept, sealed(value), 1, null);
    }

    /** Without those that are shown as labels and are none: a client sends back what it read. */
    private static Map<String, String> own(Map<String, String> labels) {
        Map<String, String> own = new LinkedHashMap<>(labels);
        own.remove(StoredValue.VERSION);
        own.remove(StoredValue.SUPERSEDED_BY);
        return own;
    }

    private static @Nullable Driver given(@Nullable Driver driver) {
        return driver == null || driver.name() == null || driver.name().isEmpty() ? null : driver;
    }

    /** As the state has it. @throws IllegalStateException it is plain, which is a bug of an edge */
    static Confidential.@Nullable Sealed sealed(@Nullable Confidential value) {
        return switch (value) {
            case null -> null;
            case Confidential.Sealed sealed -> sealed;
            case Confidential.Plain _ ->
                throw new IllegalStateException("a value is sealed before it comes to be decided about");
        };
    }

    private static @Nullable Refusal name(String name) {
        return new Refusals()
                .when(name.isEmpty(), () -> Refusals.invalidArgument("name must be provided"))
                .when(
                        name.length() > MAX_NAME || !NAME.matcher(name).matches(),
                        () -> Refusals.invalidArgument(
                                "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the"
                                        + " start and end character must be [a-zA-Z0-9]"))
                .first();
    }

    private static @Nullable Refusal driver(@Nullable Driver driver) {
        if (driver == null) {
            return null;
        }
        return given(driver) == null
                ? Refusals.invalidArgument("secret driver must have a name")
                : Refusals.notYet("the secret driver \"" + driver.name() + "\"");
    }

    private static @Nullable Refusal templating(@Nullable Driver driver) {
        return driver == null || StoredValue.TEMPLATING.equals(driver.name())
                ? null
                : Refusals.notYet("the templating driver \"" + driver.name() + "\"");
    }

    private static @Nullable Refusal value(ObjectKind kind, Confidential.@Nullable Sealed value) {
        int maxBytes = Objects.requireNonNull(MAX_BYTES.get(kind));
        int size = value == null ? 0 : value.sizeBytes();
        return size >= 1 && size < maxBytes
                ? null
                : Refusals.invalidArgument(
                        noun(kind) + " data must be larger than 0 and less than " + maxBytes + " bytes");
    }

    private static String noun(ObjectKind kind) {
        return kind.jsonName();
    }

    private static Refusal notFound(ObjectKind kind, String id) {
        return Refusal.notFound(noun(kind) + " " + id + " not found");
    }
}
