package io.flotilla.agent.network;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A container's place in the network.
 *
 * @param namespace file that holds the network namespace
 * @param address null without a network
 * @param ports with the host port that was taken where any was asked for
 */
public record Attachment(
        Path namespace,
        @Nullable InetAddress address,
        int prefixLength,
        @Nullable InetAddress gateway,
        String macAddress,
        List<PortMapping> ports) {}
