package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.manager.state.ClusterState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A service spec's references to secrets and configs, in swarmkit's words. */
final class ValueReferences {
    private ValueReferences() {}

    /** What is wrong with the references in themselves. */
    static @Nullable Refusal malformed(ContainerSpec spec) {
        Map<String, String> nameByTarget = new HashMap<>();
        for (ContainerSpec.Secret reference : spec.secrets()) {
            ContainerSpec.Secret.File file = reference.file();
            Refusal refusal = malformed(
                    "secret",
                    reference.secretId(),
                    reference.secretName(),
                    file == null ? null : file.name(),
                    file != null,
                    nameByTarget);
            if (refusal != null) {
                return refusal;
            }
        }
        nameByTarget.clear();
        for (ContainerSpec.Config reference : spec.configs()) {
            ContainerSpec.Config.File file = reference.file();
            if (!reference.runtime().isEmpty()) {
                return file == null
                        ? Refusals.notYet("a config's Runtime target")
                        : Refusal.invalid("cannot specify both File and Runtime");
            }
            if (file == null) {
                return Refusal.invalid("either File or Runtime should be set");
            }
            Refusal refusal =
                    malformed("config", reference.configId(), reference.configName(), file.name(), true, nameByTarget);
            if (refusal != null) {
                return refusal;
            }
        }
        return null;
    }

    private static @Nullable Refusal malformed(
            String noun,
            @Nullable String id,
            @Nullable String name,
            @Nullable String target,
            boolean hasTarget,
            Map<String, String> nameByTarget) {
        if (id == null || id.isEmpty() || name == null || name.isEmpty()) {
            return Refusals.invalidArgument("malformed " + noun + " reference");
        }
        if (!hasTarget) {
            return Refusals.invalidArgument("malformed " + noun + " reference, no target provided");
        }
        if (target == null || target.isEmpty()) {
            return Refusals.invalidArgument("malformed file " + noun + " reference, invalid target file name provided");
        }
        String other = nameByTarget.putIfAbsent(target, name);
        return other == null
                ? null
                : Refusals.invalidArgument(noun + " references '" + other + "' and '" + name
                        + "' have a conflicting target: '" + target + "'");
    }

    /** References to what is not there, or has another name. */
    static @Nullable Refusal missing(ClusterState state, ServiceSpec spec) {
        ContainerSpec container = containerOf(spec);
        if (container == null) {
            return null;
        }
        List<String> secrets = new ArrayList<>();
        for (ContainerSpec.Secret reference : container.secrets()) {
            if (!isThere(state, ObjectKind.SECRET, reference.secretId(), reference.secretName())) {
                secrets.add(String.valueOf(reference.secretName()));
            }
        }
        if (!secrets.isEmpty()) {
            return notFound("secret", secrets);
        }
        List<String> configs = new ArrayList<>();
        for (ContainerSpec.Config reference : container.configs()) {
            if (!isThere(state, ObjectKind.CONFIG, reference.configId(), reference.configName())) {
                configs.add(String.valueOf(reference.configName()));
            }
        }
        return configs.isEmpty() ? null : notFound("config", configs);
    }

    private static Refusal notFound(String noun, List<String> names) {
        return Refusals.invalidArgument(
                noun + (names.size() == 1 ? "" : "s") + " not found: " + String.join(", ", names));
    }

    private static boolean isThere(ClusterState state, ObjectKind kind, @Nullable String id, @Nullable String name) {
        return id != null
                && state.find(kind, id) instanceof StoredValue value
                && value.name().equals(name);
    }

    /** IDs of the secrets, or configs, a spec refers to. */
    static Set<String> in(@Nullable ServiceSpec spec, ObjectKind kind) {
        ContainerSpec container = spec == null ? null : containerOf(spec);
        return container == null ? Set.of() : in(container, kind);
    }

    static Set<String> in(ContainerSpec container, ObjectKind kind) {
        Set<String> ids = new HashSet<>();
        if (kind == ObjectKind.SECRET) {
            container.secrets().forEach(reference -> ids.add(Objects.requireNonNullElse(reference.secretId(), "")));
        } else {
            container.configs().forEach(reference -> ids.add(Objects.requireNonNullElse(reference.configId(), "")));
        }
        return ids;
    }

    /** The spec with other references. @param to the ID in place of an ID */
    static ServiceSpec replaced(ServiceSpec spec, ObjectKind kind, UnaryOperator<String> to) {
        ContainerSpec container = Objects.requireNonNull(containerOf(spec));
        ContainerSpec changed = kind == ObjectKind.SECRET
                ? container.withSecrets(container.secrets().stream()
                        .map(reference ->
                                reference.withSecretId(to.apply(Objects.requireNonNullElse(reference.secretId(), ""))))
                        .toList())
                : container.withConfigs(container.configs().stream()
                        .map(reference ->
                                reference.withConfigId(to.apply(Objects.requireNonNullElse(reference.configId(), ""))))
                        .toList());
        return spec.withTaskTemplate(Objects.requireNonNull(spec.taskTemplate()).withContainerSpec(changed));
    }

    private static @Nullable ContainerSpec containerOf(ServiceSpec spec) {
        return spec.taskTemplate() == null ? null : spec.taskTemplate().containerSpec();
    }
}
