package io.flotilla.gateway.version;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Answers whose fields differ between API versions, each with its differences to the newest version. From the
 * version history of the Engine API.
 */
public enum Shape {
    IMAGE_SUMMARY(until(44, image -> image.set("VirtualSize", image.path("Size")))),
    IMAGE(
            until(44, image -> image.set("VirtualSize", image.path("Size"))),
            until(45, image -> {
                image.put("Container", "");
                image.putNull("ContainerConfig");
            }),
            until(50, image -> addEmptyFields(image.path("Config"))),
            until(52, image -> {
                image.put("Parent", "");
                image.put("DockerVersion", "");
            })),
    CONTAINER_SUMMARY(until(52, container -> container.remove("Health"))),
    CONTAINER(until(52, Shape::addDefaultBridgeAddresses)),
    NETWORK(until(48, network -> network.remove("EnableIPv4")), until(52, network -> network.remove("Status"))),
    EVENT(until(52, Shape::addEventAliases)),
    INFO(
            until(42, info -> {
                info.put("KernelMemory", false);
                info.put("KernelMemoryTCP", false);
            }),
            until(49, info -> info.remove("FirewallBackend")),
            until(50, info -> {
                info.put("BridgeNfIptables", false);
                info.put("BridgeNfIp6tables", false);
                info.remove("DiscoveredDevices");
            })),
    PLAIN();

    private final List<Difference> differences;

    Shape(Difference... differences) {
        this.differences = List.of(differences);
    }

    /** Brings an answer of the newest version (an object, or a list of them) into the shape of an older one, in place. */
    public JsonNode adapt(JsonNode answer, ApiVersion version) {
        List<Difference> wanted = new ArrayList<>();
        for (Difference difference : differences) {
            if (version.before(difference.until())) {
                wanted.add(difference);
            }
        }
        if (answer.isArray()) {
            answer.forEach(element -> apply(wanted, element));
        } else {
            apply(wanted, answer);
        }
        return answer;
    }

    /** Which of its forms a version knows: two versions with the same number get the same. */
    public int variant(ApiVersion version) {
        return (int) differences.stream()
                .filter(difference -> version.before(difference.until()))
                .count();
    }

    private static void apply(List<Difference> wanted, JsonNode element) {
        if (element instanceof ObjectNode object) {
            wanted.forEach(difference -> difference.edit().accept(object));
        }
    }

    /** What versions before 1.{@code until} have otherwise. */
    private record Difference(int until, Consumer<ObjectNode> edit) {}

    private static Difference until(int minor, Consumer<ObjectNode> edit) {
        return new Difference(minor, edit);
    }

    // 1.52 dropped the copies of the default bridge's endpoint and of libnetwork's settings
    private static void addDefaultBridgeAddresses(ObjectNode container) {
        if (!(container.path("NetworkSettings") instanceof ObjectNode settings)) {
            return;
        }
        settings.put("Bridge", "");
        settings.put("HairpinMode", false);
        settings.put("LinkLocalIPv6Address", "");
        settings.put("LinkLocalIPv6PrefixLen", 0);
        settings.putNull("SecondaryIPAddresses");
        settings.putNull("SecondaryIPv6Addresses");
        JsonNode bridge = settings.path("Networks").path("bridge");
        for (String text :
                List.of("EndpointID", "Gateway", "GlobalIPv6Address", "IPAddress", "IPv6Gateway", "MacAddress")) {
            settings.put(text, bridge.path(text).asText(""));
        }
        for (String number : List.of("GlobalIPv6PrefixLen", "IPPrefixLen")) {
            settings.put(number, bridge.path(number).asInt(0));
        }
    }

    // 1.50 leaves out what an image's config does not say
    private static void addEmptyFields(JsonNode config) {
        if (!(config instanceof ObjectNode object)) {
            return;
        }
        for (String text : List.of("Hostname", "Domainname", "User", "Image", "WorkingDir")) {
            object.putIfAbsent(text, TextNode.valueOf(""));
        }
        for (String flag : List.of("AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce")) {
            object.putIfAbsent(flag, BooleanNode.FALSE);
        }
        for (String list : List.of("Env", "Cmd", "Entrypoint", "Volumes", "OnBuild", "Labels")) {
            object.putIfAbsent(list, NullNode.instance);
        }
    }

    private static void addEventAliases(ObjectNode event) {
        String type = event.path("Type").asText();
        if (!type.equals("container") && !type.equals("image")) {
            return;
        }
        ObjectNode aliases = JsonNodeFactory.instance.objectNode();
        aliases.set("status", event.path("Action"));
        aliases.set("id", event.path("Actor").path("ID"));
        JsonNode image = event.path("Actor").path("Attributes").path("image");
        if (type.equals("container") && image.isTextual()) {
            aliases.set("from", image);
        }
        event.setAll(aliases);
    }
}
