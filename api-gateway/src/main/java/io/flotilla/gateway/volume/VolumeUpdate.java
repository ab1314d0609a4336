package io.flotilla.gateway.volume;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import org.jspecify.annotations.Nullable;

/** Body of an update. @param spec what it does not say stays as it is */
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
record VolumeUpdate(@Nullable ClusterVolumeSpec spec) {}
