package io.flotilla.manager.seal;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.seal.Confidential;
import io.flotilla.bus.seal.UnsealException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where commands come in: seals what they bring before anything else sees it, and opens what an answer is to disclose. Any
 * thread.
 */
public final class CommandSeal {
    private final DataKeys keys;

    public CommandSeal(DataKeys keys) {
        this.keys = keys;
    }

    /** The command with nothing plain in it. */
    public Command sealed(Command command) {
        return switch (command) {
            case Command.CreateSecret create ->
                new Command.CreateSecret(
                        create.spec(), value(ObjectKind.SECRET, create.spec().name(), create.value()));
            case Command.UpdateSecret update ->
                new Command.UpdateSecret(
                        update.secretId(),
                        update.version(),
                        update.spec(),
                        value(ObjectKind.SECRET, update.spec().name(), update.value()));
            case Command.CreateConfig create ->
                new Command.CreateConfig(
                        create.spec(), value(ObjectKind.CONFIG, create.spec().name(), create.value()));
            case Command.UpdateConfig update ->
                new Command.UpdateConfig(
                        update.configId(),
                        update.version(),
                        update.spec(),
                        value(ObjectKind.CONFIG, update.spec().name(), update.value()));
            case Command.CreateService create ->
                new Command.CreateService(create.spec(), sealed(SpecRevision.REGISTRY_AUTH, create.registryAuth()));
            case Command.UpdateService update ->
                new Command.UpdateService(
                        update.serviceId(),
                        update.version(),
                        update.spec(),
                        update.rollback(),
                        sealed(SpecRevision.REGISTRY_AUTH, update.registryAuth()));
            default -> command;
        };
    }

    /** The reply with what was asked for in plain. */
    public Reply disclosed(Reply reply) {
        if (!(reply instanceof Reply.Disclosed(String context, Confidential.Sealed sealed))) {
            return reply;
        }
        try {
            return new Reply.Disclosed(context, Confidential.Plain.of(keys.open(context, sealed)));
        } catch (UnsealException e) {
            return new Reply.Refused(Refusal.unavailable(context + " can't be read: " + e.getMessage()));
        }
    }

    private @Nullable Confidential value(ObjectKind kind, @Nullable String name, @Nullable Confidential value) {
        return sealed(StoredValue.context(kind, Objects.requireNonNullElse(name, "")), value);
    }

    private @Nullable Confidential sealed(String context, @Nullable Confidential value) {
        return value instanceof Confidential.Plain plain ? keys.seal(context, plain.bytes()) : value;
    }
}
