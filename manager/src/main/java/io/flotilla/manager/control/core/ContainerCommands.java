package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.manager.scheduler.ContainerPlacement;
import io.flotilla.manager.state.ContainerShare;
import io.flotilla.manager.state.ImageNames;
import io.flotilla.manager.state.Turn;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * docker create, start, rename, update, and the end of rm, for containers of no service. Whether a node can make what is
 * asked for it says itself; here is decided what concerns the whole cluster: the name, the image, the node.
 */
final class ContainerCommands {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]+");

    Reply create(Turn turn, Command.CreateContainer create) {
        ContainerRequest asked = create.request();
        String id = containerId(turn.newId());
        String reference = Objects.requireNonNullElse(asked.config().image(), "");
        Image image = image(turn, reference).orElse(null);
        String wanted = Objects.requireNonNullElse(asked.name(), "");
        String given = withoutSlash(wanted);
        Refusal refusal = new Refusals()
                .and(() -> wanted.isEmpty() ? null : name(turn, given))
                .when(reference.isEmpty(), () -> Refusal.invalid("no image specified"))
                .when(image == null, () -> Refusal.notFound("No such image: " + ImageNames.familiar(reference)))
                .and(() -> image == null ? null : ImagePlatform.mismatch(image, reference, create.platform()))
                .and(() -> ContainerLinks.malformed(asked.hostConfig()))
                .first();
        if (refusal != null || image == null) {
            return Refusals.refused(Objects.requireNonNull(refusal));
        }
        String name = given.isEmpty()
                ? GeneratedName.free(
                        id, taken -> turn.state().containerNamed(taken).isPresent())
                : given;
        ContainerRequest request = asked.with(r -> r.name(name).imageId(image.id()));
        return switch (ContainerPlacement.of(turn.state(), request, image, create.nearNodeId())) {
            case ContainerPlacement.Choice.OnNode on -> made(turn, id, request, image, on.nodeId());
            case ContainerPlacement.Choice.Nowhere nowhere -> Refusals.refused(nowhere.refusal());
        };
    }

    private static Reply made(Turn turn, String id, ContainerRequest asked, Image image, String nodeId) {
        ContainerRequest request = asked.withHostConfig(ContainerLinks.bound(turn.state(), asked.hostConfig()));
        Container container = new Container(
                id,
                new ObjectVersion(0),
                turn.now(),
                turn.now(),
                nodeId,
                null,
                null,
                request,
                0,
                0,
                CreatedContainer.inspect(id, request, image, turn.now()));
        turn.put(container);
        return done(turn, container).warning(warnings(request.hostConfig()));
    }

    private static List<String> warnings(HostConfig host) {
        return "host".equals(host.networkMode()) && !host.portBindings().isEmpty()
                ? List.of("Published ports are discarded when using host network mode")
                : List.of();
    }

    Reply start(Turn turn, Command.StartContainer start) {
        return ofNoService(turn, start.containerId(), container -> {
            Container started =
                    container.with(c -> c.starts(container.starts() + 1).updatedAt(turn.now()));
            turn.put(started);
            return done(turn, started);
        });
    }

    Reply rename(Turn turn, Command.RenameContainer rename) {
        String name = withoutSlash(rename.name());
        return ofNoService(turn, rename.containerId(), container -> {
            ContainerRequest request = Objects.requireNonNull(container.request());
            Refusal refusal = new Refusals()
                    .when(name.isEmpty(), () -> Refusal.invalid("Neither old nor new names may be empty"))
                    .when(
                            name.equals(request.name()),
                            () -> Refusal.invalid("Renaming a container with the same name as its current name"))
                    .and(() -> Optional.ofNullable(name(turn, name))
                            .map(r -> new Refusal(r.kind(), "Error when allocating new name: " + r.message()))
                            .orElse(null))
                    .first();
            if (refusal != null) {
                return Refusals.refused(refusal);
            }
            Container renamed = container.with(c -> c.request(request.withName(name))
                    .inspect(container.inspect().withName("/" + name))
                    .updatedAt(turn.now()));
            turn.put(renamed);
            return done(turn, renamed);
        });
    }

    Reply update(Turn turn, Command.UpdateContainer update) {
        return ofNoService(turn, update.containerId(), container -> {
            ContainerRequest request = Objects.requireNonNull(container.request());
            HostConfig current = request.hostConfig();
            Refusal refusal = ContainerLimits.conflict(current, update.change());
            if (refusal != null) {
                return Refusals.refused(new Refusal(
                        refusal.kind(), "Cannot update container " + container.id() + ": " + refusal.message()));
            }
            HostConfig changed = ContainerLimits.updated(current, update.change());
            Container updated = container.with(
                    c -> c.request(request.withHostConfig(changed)).updatedAt(turn.now()));
            if (!changed.equals(current)) {
                turn.put(updated);
            }
            return done(turn, updated);
        });
    }

    Reply takeBackUpdate(Turn turn, Command.TakeBackUpdate takeBack) {
        return ofNoService(turn, takeBack.containerId(), container -> {
            ContainerRequest request = Objects.requireNonNull(container.request());
            if (!request.hostConfig().equals(takeBack.refused())) {
                return done(turn, container);
            }
            Container as = container.with(
                    c -> c.request(request.withHostConfig(takeBack.before())).updatedAt(turn.now()));
            turn.put(as);
            return done(turn, as);
        });
    }

    Reply removeLink(Turn turn, Command.RemoveLink remove) {
        return ofNoService(turn, remove.containerId(), container -> {
            ContainerRequest request = Objects.requireNonNull(container.request());
            Optional<HostConfig> without = ContainerLinks.without(request.hostConfig(), remove.alias());
            if (without.isEmpty()) {
                return Refusals.refused(
                        Refusal.notFound("No such container: " + request.name() + "/" + remove.alias()));
            }
            Container unlinked = container.with(
                    c -> c.request(request.withHostConfig(without.get())).updatedAt(turn.now()));
            turn.put(unlinked);
            return done(turn, unlinked);
        });
    }

    /** Done too when it is forgotten already: the node's own report may have been first. */
    Reply forget(Turn turn, Command.ForgetContainer forget) {
        turn.remove(ObjectKind.CONTAINER, forget.containerId());
        return Commands.done(forget.containerId());
    }

    private interface Ordered {
        Reply on(Container container);
    }

    private static Reply ofNoService(Turn turn, String id, Ordered order) {
        Container container = turn.state().container(id).orElse(null);
        if (container == null) {
            return Refusals.refused(Refusal.notFound("No such container: " + id));
        }
        if (container.request() == null) {
            return Refusals.refused(Refusal.conflict("container " + id + " belongs to the task " + container.taskId()
                    + ": it follows its service, change that instead"));
        }
        return order.on(container);
    }

    private static Reply.Done done(Turn turn, Container container) {
        Reply.Handover handover = ContainerShare.of(turn.state(), container)
                .map(share -> new Reply.Handover(container.nodeId(), share))
                .orElseThrow();
        return new Reply.Done(0, container.id(), List.of(), List.of(), handover);
    }

    /** moby's daemon/names.go. */
    private static @Nullable Refusal name(Turn turn, String name) {
        if (!NAME.matcher(name).matches()) {
            return Refusal.invalid("Invalid container name (" + name + "), only "
                    + NAME.pattern().substring(0, NAME.pattern().length() - 1) + " are allowed");
        }
        return turn.state()
                .containerNamed(name)
                .map(holder -> Refusal.conflict("Conflict. The container name \"/" + name
                        + "\" is already in use by container \"" + holder.id()
                        + "\". You have to remove (or rename) that container to be able to reuse that name."))
                .orElse(null);
    }

    private static Optional<Image> image(Turn turn, String reference) {
        return reference.isEmpty() ? Optional.empty() : ImageNames.resolve(turn.state(), reference);
    }

    private static String withoutSlash(@Nullable String name) {
        String given = Objects.requireNonNullElse(name, "");
        return given.startsWith("/") ? given.substring(1) : given;
    }

    /** Docker's form, 64 hexadecimal digits, from one of Swarm's. */
    private static String containerId(String objectId) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(("container " + objectId).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
