package io.flotilla.agent.network.bridge;

import io.flotilla.agent.Instance;
import io.flotilla.agent.network.Attachment;
import io.flotilla.agent.network.ContainerNetwork;
import io.flotilla.agent.network.IngressPort;
import io.flotilla.agent.network.PortMapping;
import io.flotilla.agent.network.PortTaken;
import io.flotilla.agent.network.Protocol;
import io.flotilla.agent.network.bridge.StoredAttachment.Connected;
import io.flotilla.agent.network.port.HostPorts;
import io.flotilla.agent.runtime.linux.netlink.Link;
import io.flotilla.agent.runtime.linux.netlink.NetworkNamespace;
import java.io.Closeable;
import java.io.IOException;
import java.net.Inet4Address;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Docker's default network on one node: a bridge, a cable and an address for each container, and nftables rules for what is published.
 * All calls are serialised by this object's monitor, and work in the network namespace of the thread that calls:
 * all callers have to be in the same one.
 *
 * <p>What is attached and published is decided here, journalled, and then brought about in the kernel, in this order; so a call
 * that failed or was cut off by a crash is completed by repeating it, or undone by {@link #detach}.
 */
public final class BridgeNetwork implements ContainerNetwork, Closeable {
    private static final Logger LOG = Logger.getLogger(BridgeNetwork.class);

    private final Instance instance;
    private final BridgeConfig config;
    private @Nullable Opened opened;

    /** What exists between {@link #open} and {@link #close}. */
    private record Opened(
            Subnet subnet,
            AddressPool addresses,
            Journal journal,
            BridgeLinks links,
            Rules rules,
            ConnectionCounters counters,
            HostPorts hostPorts,
            Map<String, StoredAttachment> attached,
            Map<String, IngressPort> ingress) {}

    public BridgeNetwork(Instance instance, BridgeConfig config) {
        this.instance = instance;
        this.config = config;
    }

    @Override
    public synchronized void open() throws IOException {
        if (opened != null) {
            audit();
            return;
        }
        Files.createDirectories(namespaces(instance));
        Journal journal = new Journal(journal(instance));
        journal.open();
        BridgeLinks links = BridgeLinks.open(instance, config.mtuBytes());
        HostPorts hostPorts = new HostPorts();
        try {
            opened = takeOver(journal, links, hostPorts);
        } finally {
            if (opened == null) {
                links.close();
                hostPorts.close();
            }
        }
    }

    private Opened takeOver(Journal journal, BridgeLinks links, HostPorts hostPorts) throws IOException {
        Map<String, StoredAttachment> attached = new TreeMap<>();
        for (StoredAttachment stored : journal.attachments()) {
            attached.put(stored.containerId(), stored);
        }
        Subnet subnet = subnet(links, attached);
        AddressPool addresses = new AddressPool(subnet);
        for (StoredAttachment stored : attached.values()) {
            stored.connected().ifPresent(to -> addresses.reserve(to.address()));
        }
        Map<String, IngressPort> ingress = new LinkedHashMap<>();
        for (IngressPort port : journal.ingress()) {
            ingress.put(owner(port), port);
        }
        Rules rules = Rules.open(instance.nftablesTable());
        try {
            ConnectionCounters counters = new ConnectionCounters(instance.connectionsTable());
            Opened network =
                    new Opened(subnet, addresses, journal, links, rules, counters, hostPorts, attached, ingress);
            ensureHost(network);
            holdAgain(network);
            rules.apply(ruleset(network));
            return network;
        } catch (IOException e) {
            rules.close();
            throw e;
        }
    }

    /** As it was: of the containers, whatever became of the bridge; else of the bridge. */
    private Subnet subnet(BridgeLinks links, Map<String, StoredAttachment> attached) throws IOException {
        for (StoredAttachment stored : attached.values()) {
            if (stored.connected().isPresent()) {
                Connected to = stored.connected().get();
                return Subnet.of(to.gateway(), to.prefixLength());
            }
        }
        Optional<Subnet> existing = links.bridgeSubnet();
        return existing.isPresent() ? existing.get() : links.freeSubnet(config.subnets());
    }

    private List<String> ensureHost(Opened network) throws IOException {
        List<String> repaired = new ArrayList<>(network.links().ensureBridge(network.subnet()));
        for (String parameter : List.of("ipv4/ip_forward", "ipv4/conf/" + instance.bridge() + "/route_localnet")) {
            if (Sysctl.set(parameter, "1")) {
                repaired.add("net/" + parameter + " was not 1");
            }
        }
        return repaired;
    }

    /**
     * Takes the ports of earlier again. One that somebody took while no agent ran stays published: the translation is in force and
     * the container has been promised it.
     */
    private static void holdAgain(Opened network) throws IOException {
        for (StoredAttachment stored : network.attached().values()) {
            for (PortMapping mapping : stored.ports()) {
                holdOrTell(network, stored.containerId(), endpoint(stored.containerId()), mapping);
            }
        }
        for (Map.Entry<String, IngressPort> port : network.ingress().entrySet()) {
            holdOrTell(network, port.getKey(), port.getKey(), mapping(port.getValue()));
        }
    }

    private static void holdOrTell(Opened network, String owner, String endpoint, PortMapping mapping)
            throws IOException {
        try {
            network.hostPorts().hold(owner, endpoint, "", mapping);
        } catch (PortTaken taken) {
            LOG.warnf("%s; it stays published", taken.getMessage());
        }
    }

    @Override
    public synchronized Attachment attach(String containerId, @Nullable String macAddress, List<PortMapping> ports)
            throws IOException, PortTaken {
        Opened network = opened();
        StoredAttachment stored = network.attached().get(containerId);
        if (stored != null) {
            if (stored.connected().isEmpty()) {
                throw new IOException("container " + containerId + " is attached without a network");
            }
            return bringAbout(network, stored);
        }
        return attachNew(network, decide(network, containerId, macAddress, ports));
    }

    @Override
    public synchronized Attachment isolate(String containerId) throws IOException {
        Opened network = opened();
        StoredAttachment stored = network.attached().get(containerId);
        if (stored != null) {
            return bringAbout(network, stored);
        }
        return attachNew(network, StoredAttachment.isolated(checked(containerId)));
    }

    /** Chooses address, name and ports; takes nothing when a port is refused. */
    private StoredAttachment decide(
            Opened network, String containerId, @Nullable String macAddress, List<PortMapping> ports)
            throws IOException, PortTaken {
        String veth = network.links().freeVethName(checked(containerId), cables(network)::contains);
        Inet4Address address = network.addresses()
                .allocate()
                .orElseThrow(() -> new IOException("no available IPv4 addresses on this network's address pools: "
                        + instance.bridge() + " (" + network.subnet() + ")"));
        boolean decided = false;
        try {
            List<PortMapping> held = new ArrayList<>();
            for (PortMapping wanted : ports) {
                String destination = address.getHostAddress() + ":" + wanted.containerPort();
                held.add(network.hostPorts().hold(containerId, endpoint(containerId), destination, wanted));
            }
            decided = true;
            return new StoredAttachment(
                    containerId,
                    veth,
                    address.getHostAddress(),
                    network.subnet().prefixLength(),
                    network.subnet().gateway().getHostAddress(),
                    macAddress,
                    List.copyOf(held));
        } finally {
            if (!decided) {
                network.hostPorts().release(containerId);
                network.addresses().release(address);
            }
        }
    }

    private Attachment attachNew(Opened network, StoredAttachment decided) throws IOException {
        try {
            network.journal().write(decided);
            network.attached().put(decided.containerId(), decided);
            return bringAbout(network, decided);
        } catch (IOException e) {
            try {
                remove(network, decided);
            } catch (IOException undoing) {
                e.addSuppressed(undoing);
            }
            throw e;
        }
    }

    private Attachment bringAbout(Opened network, StoredAttachment stored) throws IOException {
        Path namespace = namespaces(instance).resolve(stored.containerId());
        BridgeLinks.ensureNamespace(namespace);
        if (stored.connected().isPresent()) {
            network.links().connect(stored.containerId(), stored.connected().get(), namespace);
        }
        network.rules().apply(ruleset(network));
        return stored.at(namespace);
    }

    @Override
    public synchronized void detach(String containerId) throws IOException {
        Opened network = opened();
        StoredAttachment stored = network.attached().get(checked(containerId));
        if (stored == null) {
            // an earlier attempt may have failed half way
            stored = network.journal().attachment(containerId).orElseGet(() -> StoredAttachment.isolated(containerId));
        }
        remove(network, stored);
    }

    /**
     * In this order: no new connection, no namespace, no memory of flows; then others may have address and ports. The cable goes with
     * the namespace, which the kernel ends by itself soon after its last process; {@link #audit} removes one that stays.
     * Removing each cable here would hold up every other change of links for tens of milliseconds.
     */
    private void remove(Opened network, StoredAttachment stored) throws IOException {
        String containerId = stored.containerId();
        network.attached().remove(containerId);
        network.rules().apply(ruleset(network));
        NetworkNamespace.delete(namespaces(instance).resolve(containerId));
        if (stored.connected().isPresent()) {
            Inet4Address address = stored.connected().get().address();
            if (mayHaveUdpFlows(network, stored)) {
                DatagramFlows.forgetTo(address);
            }
            network.addresses().release(address);
        }
        network.hostPorts().release(containerId);
        network.journal().remove(containerId);
    }

    private static boolean mayHaveUdpFlows(Opened network, StoredAttachment stored) {
        return stored.ports().stream().anyMatch(mapping -> mapping.protocol() == Protocol.UDP)
                || network.ingress().values().stream().anyMatch(port -> port.protocol() == Protocol.UDP);
    }

    @Override
    public synchronized List<PortTaken> publish(Set<IngressPort> ports) throws IOException {
        Opened network = opened();
        Map<String, IngressPort> wanted = ports.stream()
                .collect(Collectors.toMap(BridgeNetwork::owner, BridgeNetwork::checked, (a, b) -> {
                    throw new IllegalArgumentException(owner(a) + " is published twice");
                }));
        Map<String, IngressPort> before = Map.copyOf(network.ingress());
        List<PortTaken> refused = new ArrayList<>();
        network.ingress().clear();
        for (Map.Entry<String, IngressPort> port : new TreeMap<>(wanted).entrySet()) {
            try {
                network.hostPorts().hold(port.getKey(), port.getKey(), "", mapping(port.getValue()));
                network.ingress().put(port.getKey(), port.getValue());
            } catch (PortTaken taken) {
                refused.add(taken);
            }
        }
        network.journal().writeIngress(network.ingress().values());
        network.rules().apply(ruleset(network));
        for (String owner : before.keySet()) {
            if (!network.ingress().containsKey(owner)) {
                network.hostPorts().release(owner);
            }
        }
        DatagramFlows.forget(before.values(), network.ingress().values());
        return refused;
    }

    @Override
    public synchronized Map<String, Long> connections(Set<String> containerIds) throws IOException {
        Opened network = opened();
        Map<String, Inet4Address> addresses = new HashMap<>();
        for (String containerId : containerIds) {
            StoredAttachment stored = network.attached().get(containerId);
            if (stored != null && stored.connected().isPresent()) {
                addresses.put(containerId, stored.connected().get().address());
            }
        }
        Map<Inet4Address, Long> counted = network.counters().count(Set.copyOf(addresses.values()));
        Map<String, Long> connections = new HashMap<>();
        addresses.forEach((containerId, address) -> connections.put(containerId, counted.getOrDefault(address, 0L)));
        return connections;
    }

    /**
     * Compares the kernel with what should be and repairs it. Cheap when nothing drifted: a few netlink messages and one listing.
     *
     * @return what was wrong, in words; empty when all was well
     */
    public synchronized List<String> audit() throws IOException {
        Opened network = opened();
        List<String> repaired = new ArrayList<>(ensureHost(network));
        Map<String, Link> ports = network.links().ports();
        for (StoredAttachment stored : network.attached().values()) {
            if (stored.veth() != null && !ports.containsKey(stored.veth())) {
                bringAbout(network, stored);
                repaired.add("interface of container " + stored.containerId() + " was not on the bridge");
            }
        }
        network.links().removeOthers(cables(network));
        if (network.rules().repair()) {
            repaired.add("nftables table " + instance.nftablesTable() + " had been changed");
        }
        repaired.forEach(what -> LOG.warnf("network repaired: %s", what));
        return repaired;
    }

    private static Set<String> cables(Opened network) {
        return network.attached().values().stream()
                .flatMap(stored -> stored.connected().stream())
                .map(Connected::veth)
                .collect(Collectors.toSet());
    }

    /** The containers that have a place in the network, also those of before a restart. */
    public synchronized Set<String> attached() {
        return Set.copyOf(opened().attached().keySet());
    }

    /** Lets go of sockets and descriptors; what is attached and published stays in the kernel. */
    @Override
    public synchronized void close() throws IOException {
        Opened network = opened;
        if (network != null) {
            opened = null;
            network.links().close();
            network.rules().close();
            network.counters().close();
            network.hostPorts().close();
        }
    }

    /**
     * Removes every kernel object that bears the instance's name, and the journal. Needs no running or opened network; for clean-up
     * after a crash.
     */
    public static void removeAll(Instance instance) throws IOException {
        Rules.remove(instance.nftablesTable());
        Rules.remove(instance.connectionsTable());
        BridgeLinks.removeAll(instance);
        Path namespaces = namespaces(instance);
        if (Files.isDirectory(namespaces)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(namespaces)) {
                for (Path file : files) {
                    NetworkNamespace.delete(file);
                }
            }
            Files.delete(namespaces);
        }
        Journal.delete(journal(instance));
    }

    private Ruleset ruleset(Opened network) throws IOException {
        return Ruleset.of(
                instance,
                network.subnet(),
                network.attached().values(),
                network.ingress().values());
    }

    private Opened opened() {
        if (opened == null) {
            throw new IllegalStateException("the network of " + instance.name() + " is not open");
        }
        return opened;
    }

    /** It becomes a file name. */
    private static String checked(String containerId) {
        if (!containerId.matches("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}")) {
            throw new IllegalArgumentException("container id " + containerId);
        }
        return containerId;
    }

    private static IngressPort checked(IngressPort port) {
        if (!port.backends().stream().allMatch(Inet4Address.class::isInstance)) {
            throw new IllegalArgumentException(owner(port) + " has a back end that is not IPv4: " + port.backends());
        }
        return port;
    }

    /** Docker names an endpoint by its container; this is the short form of the identifier. */
    private static String endpoint(String containerId) {
        return containerId.substring(0, Math.min(12, containerId.length()));
    }

    private static String owner(IngressPort port) {
        return "ingress " + port.publishedPort() + "/" + port.protocol().name().toLowerCase(Locale.ROOT);
    }

    /** What is held stays held while its target changes, so the target is left out. */
    private static PortMapping mapping(IngressPort port) {
        return new PortMapping(port.protocol(), 0, "", port.publishedPort());
    }

    private static Path namespaces(Instance instance) {
        return instance.runDir().resolve("netns");
    }

    private static Path journal(Instance instance) {
        return instance.runDir().resolve("network");
    }
}
