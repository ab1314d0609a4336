package io.flotilla.agent.container;

import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.EndpointIPAMConfig;
import io.flotilla.bus.schema.EndpointSettings;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a container wants of its place in a network. On the predefined networks that is its MAC address alone, and all that
 * takes a network of the user's own is refused, as in Docker; identifiers and addresses an endpoint shows are results,
 * not wishes.
 */
final class EndpointRules {
    private static final Pattern MAC = Pattern.compile("([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}");
    private static final Set<String> OF_BRIDGE = Set.of("default", "bridge");

    private EndpointRules() {}

    /** Null for one that follows from the address. */
    static @Nullable String macAddress(ContainerRequest request, NetworkKind network) throws PlanRefused {
        String mac = null;
        for (Map.Entry<String, EndpointSettings> entry : request.endpoints().entrySet()) {
            String name = entry.getKey();
            boolean here = network == NetworkKind.BRIDGE
                    ? OF_BRIDGE.contains(name)
                    : name.equals(request.hostConfig().networkMode());
            if (!here) {
                throw new PlanRefused("network " + name + " not found");
            }
            if (entry.getValue() != null) {
                refuseUserDefined(entry.getValue());
                String wanted = entry.getValue().macAddress();
                mac = wanted == null || wanted.isEmpty() ? mac : checked(wanted);
            }
        }
        if (mac != null && network == NetworkKind.HOST) {
            throw new PlanRefused("conflicting options: mac-address and the network mode");
        }
        return mac;
    }

    private static String checked(String mac) throws PlanRefused {
        if (!MAC.matcher(mac).matches()) {
            throw new PlanRefused("invalid MAC address: address " + mac + ": invalid MAC address");
        }
        return mac;
    }

    private static void refuseUserDefined(EndpointSettings settings) throws PlanRefused {
        EndpointIPAMConfig addresses = settings.ipamConfig();
        boolean addressed = addresses != null
                && (filled(addresses.ipv4Address())
                        || filled(addresses.ipv6Address())
                        || !addresses.linkLocalIPs().isEmpty());
        refuseIf(addressed, "user specified IP address is supported on user defined networks only");
        refuseIf(
                !settings.aliases().isEmpty(),
                "network-scoped alias is supported only for containers in user defined networks");
        refuseIf(
                !settings.links().isEmpty(),
                "links of an endpoint are supported only for containers in user defined networks");
        refuseIf(!settings.driverOpts().isEmpty(), "EndpointSettings.DriverOpts is not supported");
    }

    private static boolean filled(@Nullable String text) {
        return text != null && !text.isEmpty();
    }

    private static void refuseIf(boolean refused, String reason) throws PlanRefused {
        if (refused) {
            throw new PlanRefused(reason);
        }
    }
}
