package io.flotilla.bus.broker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;

/** A broker's configuration on loopback ports that were free a moment ago. */
public final class BrokerFixture {
    private BrokerFixture() {}

    public static BrokerConfig config(Path dir) throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket one = new ServerSocket(0, 1, loopback);
                ServerSocket other = new ServerSocket(0, 1, loopback)) {
            return BrokerConfig.single("test", dir, "127.0.0.1", one.getLocalPort(), other.getLocalPort());
        }
    }
}
