package io.flotilla.gateway.explain;

import java.util.List;
import java.util.Optional;

/** What a user can do about a reason, by the words managers and agents give reasons in. */
final class Advice {
    private record Rule(String words, String advice) {}

    /** The first that fits; more special ones come before those they contain. */
    private static final List<Rule> RULES = List.of(
            new Rule(
                    "insufficient resources",
                    "reserve less (docker service update --reserve-cpu, --reserve-memory), free what others reserve, or"
                            + " add a node; ./flotilla explain node NAME shows what is reserved"),
            new Rule(
                    "scheduling constraints not satisfied",
                    "label a node so that it fits (docker node update --label-add) or drop the constraint (docker service"
                            + " update --constraint-rm)"),
            new Rule(
                    "not available for new tasks",
                    "docker node ls shows which nodes are down, paused or drained; docker node update --availability"
                            + " active makes one available"),
            new Rule("unsupported platform", "use an image that is built for the nodes' platform"),
            new Rule(
                    "host-mode port already in use",
                    "publish another port, publish it in ingress mode, or have fewer tasks than nodes"),
            new Rule(
                    "max replicas per node",
                    "raise the limit (docker service update --replicas-max-per-node), scale down, or add a node"),
            new Rule(
                    "CSI volume mounts",
                    "docker volume ls --cluster shows the volumes there are; ./flotilla explain volume NAME what keeps one"
                            + " from being used"),
            new Rule(
                    "attached to volume",
                    "docker volume update --availability active NAME lets tasks use the volume again"),
            new Rule("waiting for volume", "./flotilla explain volume NAME tells what its CSI plugin says"),
            new Rule("no suitable node", "add a node that fits; it is placed as soon as there is one"),
            new Rule("waiting for service", "nothing is to be done: it is placed by itself when the condition holds"),
            new Rule(
                    "No such image",
                    "load or pull the image, or give the service its registry's credentials (docker login, then docker"
                            + " service update --with-registry-auth)"),
            new Rule("non-zero exit", "docker service logs and docker service ps tell what the process said"),
            new Rule("exit code", "docker service logs and docker service ps tell what the process said"),
            new Rule("unhealthy", "docker inspect shows what the health check printed"),
            new Rule("no longer meets constraints", "a node that fits again takes it"),
            new Rule("update paused", "mend the service and update it again, or go back with docker service rollback"),
            new Rule("rollback paused", "mend the service and update it again"));

    private Advice() {}

    static Optional<String> on(String reason) {
        return RULES.stream()
                .filter(rule -> reason.contains(rule.words()))
                .findFirst()
                .map(Rule::advice);
    }
}
