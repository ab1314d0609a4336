package io.flotilla.gateway.system;

import io.flotilla.bus.schema.SystemVersion;
import io.flotilla.bus.schema.SystemVersionBuilder;
import io.flotilla.gateway.GatewayConfig;
import io.flotilla.gateway.version.ApiVersion;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** GET /version. */
final class VersionView {
    private VersionView() {}

    /** @param kernel release of the running kernel */
    static SystemVersion of(GatewayConfig config, String kernel) {
        String arch = goArchitecture(System.getProperty("os.arch", ""));
        Map<String, Object> details = Map.of(
                "ApiVersion", ApiVersion.NEWEST.toString(),
                "MinAPIVersion", ApiVersion.OLDEST.toString(),
                "Arch", arch,
                "Os", "linux",
                "KernelVersion", kernel,
                "GitCommit", config.commit(),
                "BuildTime", config.buildTime(),
                "Experimental", "false",
                "JavaVersion", Runtime.version().toString());
        return SystemVersionBuilder.builder()
                .platform(new SystemVersion.Platform("Flotilla"))
                .components(List.of(new SystemVersion.Component("Engine", config.version(), details)))
                .version(config.version())
                .apiVersion(ApiVersion.NEWEST.toString())
                .minAPIVersion(ApiVersion.OLDEST.toString())
                .gitCommit(config.commit())
                .goVersion("")
                .os("linux")
                .arch(arch)
                .kernelVersion(kernel)
                .experimental(false)
                .buildTime(config.buildTime())
                .build();
    }

    /** Go's name of a CPU type, which is what images and clients use. */
    static String goArchitecture(String javaName) {
        return switch (javaName.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> "amd64";
            case "aarch64", "arm64" -> "arm64";
            default -> javaName;
        };
    }
}
