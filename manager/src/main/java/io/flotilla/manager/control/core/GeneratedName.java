package io.flotilla.manager.control.core;

import java.util.List;
import java.util.function.Predicate;

/** A name for a service or a container that was given none: as Docker's, an adjective and someone who is worth remembering. */
final class GeneratedName {
    private static final List<String> ADJECTIVES = List.of(
            "able", "brave", "calm", "deft", "eager", "fair", "gentle", "happy", "keen", "lucid", "merry", "noble",
            "open", "patient", "quick", "ready", "sharp", "steady", "tender", "upbeat", "vivid", "warm", "wise",
            "zealous");

    private static final List<String> NAVIGATORS = List.of(
            "amundsen",
            "baret",
            "bougainville",
            "cabot",
            "cook",
            "dias",
            "drake",
            "earhart",
            "franklin",
            "gama",
            "hudson",
            "ibnmajid",
            "kupe",
            "leif",
            "magellan",
            "nansen",
            "odysseus",
            "polo",
            "pytheas",
            "quiros",
            "shackleton",
            "tasman",
            "vespucci",
            "zhenghe");

    private GeneratedName() {}

    /**
     * @param id of the object that is to be named; the name follows from it
     * @param taken which names others of its kind have
     */
    static String free(String id, Predicate<String> taken) {
        int hash = id.hashCode();
        String name = ADJECTIVES.get(Math.floorMod(hash, ADJECTIVES.size())) + "_"
                + NAVIGATORS.get(Math.floorMod(hash / ADJECTIVES.size(), NAVIGATORS.size()));
        String free = name;
        for (int n = 1; taken.test(free); n++) {
            free = name + n;
        }
        return free;
    }
}
