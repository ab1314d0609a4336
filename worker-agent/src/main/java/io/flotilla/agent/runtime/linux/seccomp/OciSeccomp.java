package io.flotilla.agent.runtime.linux.seccomp;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.runtime.linux.seccomp.SeccompProfile.Condition;
import io.flotilla.agent.runtime.linux.seccomp.SeccompProfile.Rule;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A profile as linux.seccomp of an OCI config.json, which knows no conditions on capabilities, CPU or kernel. */
final class OciSeccomp {
    private OciSeccomp() {}

    static ObjectNode of(SeccompProfile profile, Set<String> capabilities) {
        FilterCompiler.Host host = FilterCompiler.Host.current();
        ObjectNode seccomp = JsonNodeFactory.instance.objectNode();
        seccomp.put("defaultAction", profile.defaultAction());
        putUnlessNull(seccomp, "defaultErrnoRet", profile.defaultErrnoRet());
        ArrayNode architectures = seccomp.putArray("architectures");
        FilterCompiler.architectures(profile, host).forEach(architectures::add);
        ArrayNode calls = seccomp.putArray("syscalls");
        for (Rule rule : profile.rules()) {
            if (rule.appliesTo(capabilities, host.goArch(), host.kernel())) {
                calls.add(call(rule));
            }
        }
        return seccomp;
    }

    private static ObjectNode call(Rule rule) {
        ObjectNode call = JsonNodeFactory.instance.objectNode();
        rule.allNames().forEach(call.putArray("names")::add);
        call.put("action", rule.action());
        putUnlessNull(call, "errnoRet", rule.errnoRet());
        if (!rule.conditions().isEmpty()) {
            ArrayNode args = call.putArray("args");
            for (Condition condition : rule.conditions()) {
                args.addObject()
                        .put("index", condition.index())
                        .put("value", condition.value())
                        .put("valueTwo", condition.valueTwo())
                        .put("op", condition.op());
            }
        }
        return call;
    }

    private static void putUnlessNull(ObjectNode node, String name, @Nullable Integer value) {
        if (value != null) {
            node.put(name, value);
        }
    }
}
