package io.flotilla.gateway.swarm;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.flotilla.bus.schema.SwarmSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Body of POST /swarm/init. */
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
record SwarmInitRequest(
        @Nullable String listenAddr,
        @Nullable String advertiseAddr,
        @Nullable String dataPathAddr,
        int dataPathPort,
        @Nullable List<String> defaultAddrPool,
        boolean forceNewCluster,
        int subnetSize,
        @Nullable SwarmSpec spec) {}
