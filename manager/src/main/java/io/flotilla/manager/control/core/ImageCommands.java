package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.ImageDeleteResponseItem;
import io.flotilla.manager.state.ImageNames;
import io.flotilla.manager.state.Turn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** docker tag, docker rmi: moby's rules (daemon/images/image_delete.go) over the whole cluster's containers. */
final class ImageCommands {
    private static final int SHORT_ID = 12;

    Reply tag(Turn turn, Command.TagImage tag) {
        Image image = present(turn, tag.imageId());
        if (image == null) {
            return Refusals.refused(notFound(tag.imageId()));
        }
        ImageInventory.tag(turn, image.id(), ImageNames.familiar(tag.reference()));
        return Commands.done(image.id());
    }

    Reply remove(Turn turn, Command.RemoveImage remove) {
        Image image = present(turn, remove.imageId());
        String reference = remove.reference() == null ? null : ImageNames.familiar(remove.reference());
        if (image == null || reference != null && !names(image).contains(reference)) {
            return Refusals.refused(notFound(reference == null ? remove.imageId() : reference));
        }
        return reference == null ? byId(turn, image, remove.force()) : byName(turn, image, reference, remove.force());
    }

    private static Reply byName(Turn turn, Image image, String reference, boolean force) {
        List<ImageDeleteResponseItem> deleted = new ArrayList<>();
        Optional<Container> user = user(turn, image, false);
        if (!force && image.repoTags().size() <= 1 && user.isPresent()) {
            return Refusals.refused(Refusal.conflict("conflict: unable to remove repository reference \"" + reference
                    + "\" (must force) - container " + shortId(user.get().id()) + " is using its referenced image "
                    + shortId(image.id())));
        }
        Image untagged = untagged(image, reference, deleted);
        // what is still named or in use stays: only the name goes
        if (names(untagged).isEmpty() && conflict(turn, untagged, force) == null) {
            delete(turn, untagged, deleted);
        } else {
            ImageInventory.settle(turn, untagged.withUpdatedAt(turn.now()));
        }
        return new Reply.Done(0, image.id(), List.of(), deleted, null);
    }

    private static Reply byId(Turn turn, Image image, boolean force) {
        List<ImageDeleteResponseItem> deleted = new ArrayList<>();
        // a single name goes with the image; several only by force
        Image judged = image.repoTags().size() <= 1 ? image.withRepoTags(List.of()) : image;
        Refusal conflict = conflict(turn, judged, force);
        if (conflict != null) {
            return Refusals.refused(conflict);
        }
        delete(turn, image, deleted);
        return new Reply.Done(0, image.id(), List.of(), deleted, null);
    }

    private static @Nullable Refusal conflict(Turn turn, Image image, boolean force) {
        Optional<Container> running = user(turn, image, true);
        if (running.isPresent()) {
            return Refusal.conflict("conflict: unable to delete " + shortId(image.id())
                    + " (cannot be forced) - image is being used by running container "
                    + shortId(running.get().id()));
        }
        if (force) {
            return null;
        }
        if (!image.repoTags().isEmpty()) {
            return Refusal.conflict("conflict: unable to delete " + shortId(image.id())
                    + " (must be forced) - image is referenced in multiple repositories");
        }
        return user(turn, image, false)
                .map(stopped -> Refusal.conflict("conflict: unable to delete " + shortId(image.id())
                        + " (must be forced) - image is being used by stopped container " + shortId(stopped.id())))
                .orElse(null);
    }

    private static void delete(Turn turn, Image image, List<ImageDeleteResponseItem> deleted) {
        Image bare = image;
        while (!names(bare).isEmpty()) {
            bare = untagged(bare, names(bare).getFirst(), deleted);
        }
        deleted.add(new ImageDeleteResponseItem(null, image.id()));
        ImageInventory.settle(turn, bare.with(i -> i.removed(true).updatedAt(turn.now())));
    }

    /** Without a name, and without the digests of its repository once that has no name left. */
    private static Image untagged(Image image, String reference, List<ImageDeleteResponseItem> deleted) {
        deleted.add(new ImageDeleteResponseItem(reference, null));
        List<String> tags = ImageInventory.minus(image.repoTags(), reference);
        String repository = ImageNames.repository(reference);
        boolean named = tags.stream().anyMatch(tag -> ImageNames.repository(tag).equals(repository));
        List<String> digests = new ArrayList<>(ImageInventory.minus(image.repoDigests(), reference));
        if (!named) {
            List<String> orphans = digests.stream()
                    .filter(digest -> digest.startsWith(repository + "@"))
                    .toList();
            orphans.forEach(digest -> deleted.add(new ImageDeleteResponseItem(digest, null)));
            digests.removeAll(orphans);
        }
        return image.with(i -> i.repoTags(tags).repoDigests(digests));
    }

    private static List<String> names(Image image) {
        List<String> names = new ArrayList<>(image.repoTags());
        names.addAll(image.repoDigests());
        return names;
    }

    /** A container of the image, the oldest so that the answer does not vary. */
    private static Optional<Container> user(Turn turn, Image image, boolean running) {
        return turn.state().containers().stream()
                .filter(container -> image.id().equals(container.inspect().image()))
                .filter(container -> !running || runs(container))
                .min(Comparator.comparing(Container::createdAt).thenComparing(Container::id));
    }

    private static boolean runs(Container container) {
        ContainerState state = container.inspect().state();
        return state != null && Boolean.TRUE.equals(state.running());
    }

    private static @Nullable Image present(Turn turn, String id) {
        return turn.state()
                .image(id)
                .filter(image -> !Boolean.TRUE.equals(image.removed()))
                .orElse(null);
    }

    private static String shortId(String id) {
        String hex = id.startsWith("sha256:") ? id.substring("sha256:".length()) : id;
        return hex.length() <= SHORT_ID ? hex : hex.substring(0, SHORT_ID);
    }

    private static Refusal notFound(String name) {
        return Refusal.notFound("No such image: " + name);
    }
}
