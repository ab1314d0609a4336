package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;

/**
 * RegistryServiceConfig stores daemon registry services configuration.
 *
 * @param insecureRegistryCIDRs List of IP ranges of insecure registries, using the CIDR syntax (RFC 4632).
 * @param mirrors List of registry URLs that act as a mirror for the official ({@code docker.io}) registry.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record RegistryServiceConfig(
        List<String> insecureRegistryCIDRs, Map<String, IndexInfo> indexConfigs, List<String> mirrors)
        implements RegistryServiceConfigBuilder.With {
    public RegistryServiceConfig {
        insecureRegistryCIDRs = Frozen.list(insecureRegistryCIDRs);
        indexConfigs = Frozen.map(indexConfigs);
        mirrors = Frozen.list(mirrors);
    }
}
