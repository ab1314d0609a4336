package io.flotilla.app;

import io.flotilla.bus.schema.GenericResource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Reads what a node has of generic resources as dockerd's node-generic-resources says it: gpu=UUID1, apple=3. */
final class NodeGenericResources {
    // a kind becomes a part of an environment variable's name, a value one of a list in it
    private static final Pattern KIND = Pattern.compile("[a-zA-Z][a-zA-Z0-9_-]{0,62}");
    private static final Pattern VALUE = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.:/-]{0,127}");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");

    private NodeGenericResources() {}

    /** @param words each KIND=NUMBER or KIND=NAME, or several of them with commas between */
    static List<GenericResource> parse(List<String> words) throws Options.Unusable {
        LinkedHashSet<GenericResource> resources = new LinkedHashSet<>();
        Map<String, Boolean> countedByKind = new HashMap<>();
        for (String word : words) {
            for (String part : word.split(",", -1)) {
                GenericResource resource = one(part.strip());
                boolean counted = resource.discreteResourceSpec() != null;
                Boolean before = countedByKind.putIfAbsent(kind(resource), counted);
                if (before != null && (counted || before)) {
                    throw new Options.Unusable("--generic-resource " + part + ": " + kind(resource)
                            + (before == counted ? " is counted twice" : " has names and a number"));
                }
                resources.add(resource);
            }
        }
        return new ArrayList<>(resources);
    }

    private static GenericResource one(String part) throws Options.Unusable {
        String[] sides = part.split("=", -1);
        if (sides.length != 2
                || !KIND.matcher(sides[0]).matches()
                || !VALUE.matcher(sides[1]).matches()) {
            throw new Options.Unusable("--generic-resource " + part + ": must be KIND=NUMBER or KIND=NAME");
        }
        return NUMBER.matcher(sides[1]).matches()
                ? new GenericResource(null, new GenericResource.Discrete(sides[0], Long.parseLong(sides[1])))
                : new GenericResource(new GenericResource.Named(sides[0], sides[1]), null);
    }

    private static String kind(GenericResource resource) {
        if (resource.namedResourceSpec() != null) {
            return resource.namedResourceSpec().kind();
        }
        return resource.discreteResourceSpec() == null
                ? ""
                : resource.discreteResourceSpec().kind();
    }
}
