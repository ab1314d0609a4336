package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.GenericResource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a node has of resources of the users' own naming, and what its tasks hold of them: counted ones ({@code ssd=3}) by
 * number, named ones ({@code gpu=UUID1}) by name. As in SwarmKit a task asks for a number, and gets names where the node
 * has names. Used by one thread.
 */
public final class GenericStock {
    private final Map<String, Long> counted = new HashMap<>();
    private final Map<String, Set<String>> named = new HashMap<>();
    private final Map<String, Long> countHeld = new HashMap<>();
    private final Map<GenericResource.Named, Integer> namesHeld = new HashMap<>();

    /** What the node has from now on; what tasks hold stays held, also of what is gone. */
    public void advertise(List<GenericResource> resources) {
        counted.clear();
        named.clear();
        for (GenericResource resource : resources) {
            if (resource.namedResourceSpec() != null) {
                GenericResource.Named unit = resource.namedResourceSpec();
                named.computeIfAbsent(unit.kind(), kind -> new LinkedHashSet<>())
                        .add(unit.value());
            } else if (resource.discreteResourceSpec() != null) {
                counted.merge(
                        resource.discreteResourceSpec().kind(),
                        resource.discreteResourceSpec().value(),
                        Long::sum);
            }
        }
    }

    /** What a spec's reservations ask for, by kind; nothing of a named one: those can't be asked for. */
    public static Map<String, Long> wanted(List<GenericResource> reservations) {
        Map<String, Long> wanted = new LinkedHashMap<>();
        for (GenericResource reservation : reservations) {
            GenericResource.Discrete some = reservation.discreteResourceSpec();
            if (some != null && some.value() > 0) {
                wanted.merge(some.kind(), some.value(), Long::sum);
            }
        }
        return wanted;
    }

    /** How much of a kind the node has, held or not. */
    public long total(String kind) {
        Set<String> names = named.get(kind);
        return names == null ? counted.getOrDefault(kind, 0L) : names.size();
    }

    public long free(String kind) {
        Set<String> names = named.get(kind);
        if (names == null) {
            return counted.getOrDefault(kind, 0L) - countHeld.getOrDefault(kind, 0L);
        }
        return names.stream().filter(name -> isFree(kind, name)).count();
    }

    /** The first kind there is not enough of; null when all that is wanted is free. */
    @Nullable
    String lacking(Map<String, Long> wanted) {
        for (Map.Entry<String, Long> some : wanted.entrySet()) {
            if (free(some.getKey()) < some.getValue()) {
                return some.getKey();
            }
        }
        return null;
    }

    /** Which units a task gets for what it wants; what is wanted must be free. Takes nothing. */
    public List<GenericResource> choose(Map<String, Long> wanted) {
        List<GenericResource> chosen = new ArrayList<>();
        wanted.forEach((kind, count) -> {
            Set<String> names = named.get(kind);
            if (names == null) {
                chosen.add(new GenericResource(null, new GenericResource.Discrete(kind, count)));
            } else {
                names.stream()
                        .filter(name -> isFree(kind, name))
                        .limit(count)
                        .map(name -> new GenericResource(new GenericResource.Named(kind, name), null))
                        .forEach(chosen::add);
            }
        });
        return List.copyOf(chosen);
    }

    /** Whether the node has exactly these units and nobody else holds them. */
    public boolean offers(List<GenericResource> units) {
        return units.stream().allMatch(this::offers);
    }

    private boolean offers(GenericResource unit) {
        if (unit.namedResourceSpec() != null) {
            GenericResource.Named one = unit.namedResourceSpec();
            return named.getOrDefault(one.kind(), Set.of()).contains(one.value()) && isFree(one.kind(), one.value());
        }
        GenericResource.Discrete some = unit.discreteResourceSpec();
        return some == null || !named.containsKey(some.kind()) && free(some.kind()) >= some.value();
    }

    public void take(List<GenericResource> units) {
        units.forEach(unit -> hold(unit, 1));
    }

    public void giveBack(List<GenericResource> units) {
        units.forEach(unit -> hold(unit, -1));
    }

    private void hold(GenericResource unit, int sign) {
        if (unit.namedResourceSpec() != null) {
            namesHeld.merge(unit.namedResourceSpec(), sign, (a, b) -> a + b == 0 ? null : Integer.valueOf(a + b));
        } else if (unit.discreteResourceSpec() != null) {
            countHeld.merge(
                    unit.discreteResourceSpec().kind(),
                    sign * unit.discreteResourceSpec().value(),
                    (a, b) -> a + b == 0 ? null : Long.valueOf(a + b));
        }
    }

    private boolean isFree(String kind, String name) {
        return !namesHeld.containsKey(new GenericResource.Named(kind, name));
    }
}
