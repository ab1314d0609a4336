package io.flotilla.manager.simulation;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.ClusterVolume.PublishState;
import io.flotilla.bus.schema.CronStatus;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ScaleDecision;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import io.flotilla.manager.ControlLoops;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.ServiceRevisions;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.TaskChanges;
import io.flotilla.manager.orchestrator.rebalance.Rebalancer;
import io.flotilla.manager.raft.Leadership;
import io.flotilla.manager.raft.StateMachine;
import io.flotilla.manager.scheduler.Dependency;
import io.flotilla.manager.scheduler.PlacementLabels;
import io.flotilla.manager.state.Batch;
import io.flotilla.manager.state.BatchCodec;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The mistakes the simulator must find, as it would those of a programmer: each is one thing some part must do and here does
 * not. See {@link MistakesAreFoundTest}.
 */
enum Mistake implements Mutation {
    /** A batch is applied though it was computed from another state: a deposed leader's counts. */
    STALE_LEADER_ACCEPTED(100) {
        @Override
        public StateMachine machine(StateMachine machine, World world) {
            return new Rebasing(machine);
        }
    },
    /** Someone who does not own the step takes a task back to where it was. */
    OWNER_CHECK_REMOVED(5) {
        @Override
        public List<ControlLoop> loops(World world) {
            return with(each(
                    task -> task.state() == TaskState.RUNNING && world.chance(0.01),
                    (turn, task) -> turn.put(task.withStatus(task.status().withState(TaskState.ASSIGNED)))));
        }
    },
    /** The scheduler takes a node that has not enough left. */
    RESERVATIONS_IGNORED(30) {
        @Override
        public List<ControlLoop> loops(World world) {
            return with(each(
                    task -> task.state() == TaskState.PENDING
                            && String.valueOf(task.status().err()).contains("insufficient resources"),
                    Mistake::assignToFirstNode));
        }
    },
    /** A pending task does not say why. */
    REASON_FORGOTTEN(20) {
        @Override
        public List<ControlLoop> loops(World world) {
            return with(each(
                    task -> task.state() == TaskState.PENDING && task.status().err() != null,
                    (turn, task) -> turn.put(task.withStatus(task.status().withErr(null)))));
        }
    },
    /** A new leader does not look at what was there before it led. */
    NEW_LEADER_LOOKS_AT_NOTHING(20) {
        @Override
        public List<ControlLoop> loops(World world) {
            return ControlLoops.standard().stream()
                    .map(loop -> (ControlLoop) new Wrapped(loop) {
                        @Override
                        public void settle(Turn turn, Changed changed) {
                            super.settle(
                                    turn,
                                    changed.everything() && turn.base().index() > 30 ? Changed.nothing() : changed);
                        }
                    })
                    .toList();
        }
    },
    /** Finished tasks are never forgotten. */
    REAPER_ASLEEP(30) {
        @Override
        public List<ControlLoop> loops(World world) {
            List<ControlLoop> loops = new ArrayList<>(ControlLoops.standard());
            // the two reapers come last
            loops.removeLast();
            loops.removeLast();
            return loops;
        }
    },
    /** A new leader stops a task that runs as wanted. */
    NEW_LEADER_RESTARTS_A_TASK(20) {
        @Override
        public List<ControlLoop> loops(World world) {
            return with(newLeader(turn -> turn.state().tasks().stream()
                    .filter(task -> task.state() == TaskState.RUNNING && Slot.isLive(task))
                    .min(Comparator.comparing(Task::id))
                    .ifPresent(task -> turn.put(task.withDesiredState(TaskState.SHUTDOWN)))));
        }
    },
    /** The bus acknowledges a report of a task and loses it. */
    REPORT_LOST(10) {
        @Override
        public Bus reports(Bus bus, World world) {
            return new Passing(bus) {
                @Override
                public CompletableFuture<Long> publish(OutRecord out) {
                    return isOfTask(out) && world.chance(0.05)
                            ? CompletableFuture.completedFuture(0L)
                            : super.publish(out);
                }
            };
        }

        private boolean isOfTask(OutRecord out) {
            try {
                return Codec.JSON.decode(Objects.requireNonNull(out.value()), Report.class)
                        instanceof Report.TaskObserved;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    },
    /** What was published is acknowledged before it is durable, and sometimes gone. */
    PUBLISHING_NOT_SYNCED(40) {
        @Override
        public Bus publishing(Bus bus, World world) {
            return new Passing(bus) {
                @Override
                public TransactionalPublisher transactional(String id) throws BusException {
                    TransactionalPublisher publisher = super.transactional(id);
                    return new TransactionalPublisher() {
                        @Override
                        public void publish(List<OutRecord> records) throws BusException {
                            boolean lost = world.chance(0.03);
                            publisher.publish(
                                    lost
                                            ? records.stream()
                                                    .filter(out -> out.topic() != Topic.ASSIGNMENTS
                                                            || out.key().startsWith("_"))
                                                    .toList()
                                            : records);
                        }

                        @Override
                        public void close() {
                            publisher.close();
                        }
                    };
                }
            };
        }
    },
    /** The agent's journal is not on disk when it says so: after a kill it has forgotten what it did. */
    JOURNAL_NOT_SYNCED(60) {
        @Override
        public boolean losesJournal() {
            return true;
        }
    },
    /** A new leader has forgotten that a time of a schedule was decided on. */
    DUE_TIME_FORGOTTEN(40) {
        @Override
        public List<ControlLoop> loops(World world) {
            return with(newLeader(turn -> List.copyOf(turn.state().services()).forEach(service -> {
                CronStatus status = service.cronStatus();
                if (status != null && status.lastDue() != null) {
                    turn.put(service.withCronStatus(status.withNext(status.lastDue())));
                }
            })));
        }
    },
    /** A task of the same priority has to make room. */
    EQUALS_PREEMPTED(20) {
        @Override
        public List<ControlLoop> loops(World world) {
            return with(each(
                    task -> String.valueOf(task.status().err()).contains("insufficient resources"),
                    (turn, task) -> turn.state().tasks().stream()
                            .filter(other -> other.state() == TaskState.RUNNING && Slot.isLive(other))
                            .filter(other -> PlacementLabels.priority(turn.state(), other.serviceId())
                                    == PlacementLabels.priority(turn.state(), task.serviceId()))
                            .max(Slot.OLDEST_FIRST)
                            .ifPresent(other -> turn.put(other.withDesiredState(TaskState.SHUTDOWN)
                                    .withLabels(Map.of(PlacementLabels.PREEMPTED_BY, task.id()))))));
        }
    },
    /** A task that is moved goes before the new one runs. */
    MOVED_BEFORE_THE_REPLACEMENT_RUNS(60) {
        @Override
        public List<ControlLoop> loops(World world) {
            return with(each(
                    task -> task.labels().containsKey(Rebalancer.REPLACES) && task.state() != TaskState.RUNNING,
                    (turn, task) -> turn.state()
                            .task(String.valueOf(task.labels().get(Rebalancer.REPLACES)))
                            .ifPresent(old -> TaskChanges.desire(turn, old, TaskState.SHUTDOWN))));
        }
    },
    /** A service is started though what it depends on is not there. */
    DEPENDENCY_OVERLOOKED(20) {
        @Override
        public List<ControlLoop> loops(World world) {
            return with(each(
                    task -> task.nodeId() == null
                            && String.valueOf(task.status().err()).startsWith(Dependency.WAITING),
                    Mistake::assignToFirstNode));
        }
    },
    /** A service is scaled again before it had time to answer. */
    COOLDOWN_FORGOTTEN(20) {
        @Override
        public List<ControlLoop> loops(World world) {
            return with(new ControlLoop() {
                @Override
                public void settle(Turn turn, Changed changed) {
                    for (String id : changed.of(ObjectKind.SERVICE)) {
                        turn.state()
                                .service(id)
                                .filter(service -> turn.now().equals(decidedAt(service)))
                                .filter(service -> ServiceModes.replicas(service) < Extras.MAX_REPLICAS)
                                .ifPresent(service -> ServiceRevisions.scaled(turn, service, again(turn, service)));
                    }
                }
            });
        }

        private @Nullable Instant decidedAt(Service service) {
            return service.scaleDecision() == null
                    ? null
                    : service.scaleDecision().at();
        }

        private ScaleDecision again(Turn turn, Service service) {
            long replicas = ServiceModes.replicas(service);
            return new ScaleDecision(turn.now().plusNanos(1), replicas, replicas + 1, "again");
        }
    },
    /** A volume is taken from a node that has not said that it unmounted it. */
    VOLUME_TAKEN_WITHOUT_THE_NODES_WORD(40) {
        @Override
        public List<ControlLoop> loops(World world) {
            return with(eachVolume((turn, volume) -> turn.put(volume.withPublications(volume.publications().stream()
                    .map(publication -> publication.state() == PublishState.PENDING_NODE_UNPUBLISH
                            ? publication.withState(PublishState.PENDING_CONTROLLER_UNPUBLISH)
                            : publication)
                    .toList()))));
        }
    },
    /** A task gets a volume that is for one alone though another task has it. */
    VOLUME_SHARED_THOUGH_IT_IS_FOR_ONE(20) {
        @Override
        public List<ControlLoop> loops(World world) {
            return with(each(
                    task -> task.nodeId() == null
                            && String.valueOf(task.status().err()).contains("is in use by task"),
                    (turn, task) -> turn.state().tasks().stream()
                            .filter(other -> other.serviceId() != null
                                    && other.serviceId().equals(task.serviceId())
                                    && !other.volumes().isEmpty()
                                    && other.state() == TaskState.RUNNING)
                            .findFirst()
                            .ifPresent(other -> turn.put(task.withNodeId(other.nodeId())
                                    .withVolumes(other.volumes())
                                    .withStatus(task.status()
                                            .withState(TaskState.ASSIGNED)
                                            .withErr(null))))));
        }
    },
    /** The plugin is asked for another thing before it has answered. */
    VOLUME_OPERATION_FORGOTTEN(20) {
        @Override
        public List<ControlLoop> loops(World world) {
            return with(newLeader(turn -> List.copyOf(turn.state().swarmVolumes())
                    .forEach(volume ->
                            turn.put(volume.withPublications(List.of()).withOperation(null)))));
        }
    },
    /** A value that a service uses is removed. */
    VALUE_IN_USE_REMOVED(10) {
        @Override
        public List<ControlLoop> loops(World world) {
            return with(newLeader(turn -> turn.state().all(ObjectKind.SECRET).stream()
                    .min(Comparator.comparing(StoreObject::id))
                    .ifPresent(secret -> turn.remove(ObjectKind.SECRET, secret.id()))));
        }
    };

    private final int seeds;

    Mistake(int seeds) {
        this.seeds = seeds;
    }

    /** Among how many seeds, from 0 on, at least one finds it. */
    int seeds() {
        return seeds;
    }

    private static List<ControlLoop> with(ControlLoop more) {
        List<ControlLoop> loops = new ArrayList<>(ControlLoops.standard());
        loops.add(more);
        return loops;
    }

    private static void assignToFirstNode(Turn turn, Task task) {
        turn.state().nodes().stream()
                .min(Comparator.comparing(Node::id))
                .ifPresent(node -> turn.put(task.withNodeId(node.id())
                        .withStatus(task.status().withState(TaskState.ASSIGNED).withErr(null))));
    }

    private static ControlLoop newLeader(Consumer<Turn> deed) {
        return new ControlLoop() {
            @Override
            public void settle(Turn turn, Changed changed) {
                if (changed.everything()) {
                    deed.accept(turn);
                }
            }
        };
    }

    private interface Tasks {
        boolean meant(Task task);
    }

    private interface Deed {
        void on(Turn turn, Task task);
    }

    private static ControlLoop each(Tasks tasks, Deed deed) {
        return new ControlLoop() {
            @Override
            public void settle(Turn turn, Changed changed) {
                for (Task task : List.copyOf(turn.state().tasks())) {
                    if (tasks.meant(task)) {
                        deed.on(turn, task);
                    }
                }
            }
        };
    }

    private static ControlLoop eachVolume(BiConsumer<Turn, SwarmVolume> deed) {
        return new ControlLoop() {
            @Override
            public void settle(Turn turn, Changed changed) {
                List.copyOf(turn.state().swarmVolumes()).forEach(volume -> deed.accept(turn, volume));
            }
        };
    }

    private static class Wrapped implements ControlLoop {
        private final ControlLoop loop;

        Wrapped(ControlLoop loop) {
            this.loop = loop;
        }

        @Override
        public void settle(Turn turn, Changed changed) {
            loop.settle(turn, changed);
        }

        @Override
        public Optional<Instant> wakeAt() {
            return loop.wakeAt();
        }

        @Override
        public io.flotilla.manager.state.TaskTransitions.Maker maker() {
            return loop.maker();
        }
    }

    /** Gives each batch the base it happens to meet. */
    private static final class Rebasing implements StateMachine {
        private final StateMachine machine;
        private long index;

        Rebasing(StateMachine machine) {
            this.machine = machine;
        }

        @Override
        public void apply(long at, byte[] entry) {
            try {
                Batch batch = BatchCodec.decode(entry);
                Batch rebased = new Batch(index, batch.time(), batch.changes(), batch.reportOffsets());
                machine.apply(at, BatchCodec.encode(rebased, Integer.MAX_VALUE).bytes());
                index = at;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public SnapshotWriter captureSnapshot() {
            return machine.captureSnapshot();
        }

        @Override
        public void readSnapshot(long at, InputStream in) throws IOException {
            machine.readSnapshot(at, in);
            index = at;
        }

        @Override
        public void leaderChanged(Leadership leadership) {
            machine.leaderChanged(leadership);
        }

        @Override
        public void failed(Throwable cause) {
            machine.failed(cause);
        }
    }

    /** A bus that does what another does. */
    private static class Passing implements Bus {
        private final Bus bus;

        Passing(Bus bus) {
            this.bus = bus;
        }

        @Override
        public void createTopics() throws BusException {
            bus.createTopics();
        }

        @Override
        public CompletableFuture<Long> publish(OutRecord out) {
            return bus.publish(out);
        }

        @Override
        public TransactionalPublisher transactional(String id) throws BusException {
            return bus.transactional(id);
        }

        @Override
        public Subscription subscribe(Topic topic, Map<Integer, Position> from, Reader reader) {
            return bus.subscribe(topic, from, reader);
        }

        @Override
        public List<InRecord> latest(Topic topic, Collection<Integer> partitions) throws BusException {
            return bus.latest(topic, partitions);
        }

        @Override
        public void close() {
            bus.close();
        }
    }
}
