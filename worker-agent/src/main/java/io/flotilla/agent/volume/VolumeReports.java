package io.flotilla.agent.volume;

import io.flotilla.agent.reconcile.Outbox;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.EventActor;
import io.flotilla.bus.schema.EventMessage;
import io.flotilla.bus.schema.Volume;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What the cluster is told of the node's volumes, and Docker's events about them. */
public final class VolumeReports implements VolumeNews {
    private final String nodeId;
    private final InstantSource clock;
    private final Supplier<Outbox> outbox;

    /** @param outbox asked for with each piece of news */
    public VolumeReports(String nodeId, InstantSource clock, Supplier<Outbox> outbox) {
        this.nodeId = nodeId;
        this.clock = clock;
        this.outbox = outbox;
    }

    /** Puts everything into the outbox: at start, and when the bus was away. */
    public void all(List<Volume> volumes, Outbox to) {
        to.report(
                "volumes",
                new Report.VolumesHeld(
                        nodeId, volumes.stream().map(Volume::name).toList()));
        volumes.forEach(volume -> to.report(about(volume.name()), new Report.VolumeObserved(nodeId, volume)));
    }

    @Override
    public void made(Volume volume) {
        outbox.get().report(about(volume.name()), new Report.VolumeObserved(nodeId, volume));
    }

    @Override
    public void gone(String name) {
        outbox.get().report(about(name), new Report.VolumeGone(nodeId, name));
    }

    @Override
    public void event(String action, String name, Map<String, String> attributes) {
        Instant at = clock.instant();
        outbox.get()
                .event(new EventMessage(
                        "volume",
                        action,
                        new EventActor(name, attributes),
                        "local",
                        at.getEpochSecond(),
                        at.getEpochSecond() * 1_000_000_000L + at.getNano()));
    }

    private static String about(String name) {
        return "volume/" + name;
    }
}
