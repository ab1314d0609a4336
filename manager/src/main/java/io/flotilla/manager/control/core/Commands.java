package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.manager.state.Turn;

/** Runs a command against the working state: changes and Done, or Refused and no change. */
final class Commands {
    private final SwarmCommands swarm = new SwarmCommands();
    private final ServiceCommands services = new ServiceCommands();
    private final NodeCommands nodes = new NodeCommands();
    private final ImageCommands images = new ImageCommands();
    private final ContainerCommands containers = new ContainerCommands();
    private final ValueCommands values = new ValueCommands();
    private final ClusterVolumeCommands volumes = new ClusterVolumeCommands();

    Reply run(Turn turn, Command command) {
        return switch (command) {
            case Command.InitSwarm init -> swarm.init(turn, init);
            case Command.LeaveSwarm leave -> swarm.leave(turn, leave);
            case Command.TagImage tag -> images.tag(turn, tag);
            case Command.RemoveImage remove -> images.remove(turn, remove);
            case Command.UpdateSwarm _,
                    Command.CreateService _,
                    Command.UpdateService _,
                    Command.RemoveService _,
                    Command.UpdateNode _,
                    Command.RemoveNode _,
                    Command.CreateSecret _,
                    Command.CreateConfig _,
                    Command.UpdateSecret _,
                    Command.UpdateConfig _,
                    Command.RemoveValue _,
                    Command.ReadConfig _,
                    Command.CreateClusterVolume _,
                    Command.UpdateClusterVolume _,
                    Command.RemoveClusterVolume _
            when turn.state().cluster().isEmpty() -> Refusals.refused(Refusals.noSwarm());
            case Command.UpdateSwarm update -> swarm.update(turn, update);
            case Command.CreateService create -> services.create(turn, create);
            case Command.UpdateService update -> services.update(turn, update);
            case Command.RemoveService remove -> services.remove(turn, remove);
            case Command.UpdateNode update -> nodes.update(turn, update);
            case Command.RemoveNode remove -> nodes.remove(turn, remove);
            case Command.CreateContainer create -> containers.create(turn, create);
            case Command.StartContainer start -> containers.start(turn, start);
            case Command.RenameContainer rename -> containers.rename(turn, rename);
            case Command.UpdateContainer update -> containers.update(turn, update);
            case Command.TakeBackUpdate takeBack -> containers.takeBackUpdate(turn, takeBack);
            case Command.RemoveLink remove -> containers.removeLink(turn, remove);
            case Command.ForgetContainer forget -> containers.forget(turn, forget);
            case Command.CreateSecret create -> values.create(turn, create);
            case Command.CreateConfig create -> values.create(turn, create);
            case Command.UpdateSecret update -> values.update(turn, update);
            case Command.UpdateConfig update -> values.update(turn, update);
            case Command.RemoveValue remove -> values.remove(turn, remove);
            case Command.ReadConfig read -> values.read(turn, read);
            case Command.CreateClusterVolume create -> volumes.create(turn, create);
            case Command.UpdateClusterVolume update -> volumes.update(turn, update);
            case Command.RemoveClusterVolume remove -> volumes.remove(turn, remove);
        };
    }

    static Reply done(String id) {
        return Reply.Done.of(id);
    }

    /** Whether a client's version is the object's, and no earlier command of the turn has changed the object. */
    static boolean current(Turn turn, ObjectKind kind, StoreObject object, long version) {
        return object.version().index() == version && !turn.hasChanged(kind, object.id());
    }

    static Reply outOfSequence() {
        return Refusals.refused(Refusal.outOfSequence());
    }
}
