package io.flotilla.agent.image.registry;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** HTTP_PROXY, HTTPS_PROXY and NO_PROXY as dockerd takes them from its environment. Loopback never goes through a proxy. */
final class EnvironmentProxies extends ProxySelector {
    private static final InsecureHosts LOOPBACK = new InsecureHosts(RegistryOptions.LOOPBACK);

    private final Map<String, String> environment;

    EnvironmentProxies(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public List<Proxy> select(URI uri) {
        String proxy = value(uri.getScheme() + "_proxy");
        if (proxy.isEmpty() || excluded(uri.getHost())) {
            return List.of(Proxy.NO_PROXY);
        }
        URI address = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
        int port = address.getPort() < 0 ? 80 : address.getPort();
        return List.of(new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(address.getHost(), port)));
    }

    private boolean excluded(String host) {
        if (host.equals("localhost") || host.matches("[0-9.]+|\\[.*]") && LOOPBACK.contains(host)) {
            return true;
        }
        for (String entry : value("no_proxy").split(",", -1)) {
            String suffix = entry.strip();
            String domain = suffix.startsWith(".") ? suffix : "." + suffix;
            if (suffix.equals("*") || !suffix.isEmpty() && (host.equals(suffix) || host.endsWith(domain))) {
                return true;
            }
        }
        return false;
    }

    private String value(String name) {
        String upper = environment.getOrDefault(name.toUpperCase(Locale.ROOT), "");
        return upper.isEmpty() ? environment.getOrDefault(name, "") : upper;
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // the request itself fails, and says so
    }
}
