package io.flotilla.gateway.explain;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * What is wanted of an object, what is seen, what stands between the two, and what follows: sentences for a person.
 *
 * @param kind service, task, node, container or volume
 * @param asWanted whether what is seen is what is wanted; then there are no reasons
 * @param reasons why it is not, the most important first
 * @param nextSteps what will happen by itself, and when, and what the user can do
 * @param details what else is worth knowing: ports, resources, labels that act
 * @param history what happened to it, oldest first, as far as it is known
 */
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
record Explanation(
        String kind,
        @JsonProperty("ID") String id,
        String name,
        boolean asWanted,
        String wanted,
        String seen,
        List<String> reasons,
        List<String> nextSteps,
        List<String> details,
        List<Moment> history) {
    /** However many tasks there are: an answer is for reading. */
    private static final int MAX_SENTENCES = 40;

    /** Something that happened. @param at to the nanosecond as the state has it */
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    record Moment(Instant at, String what) {}

    /** Gathers sentences; one that is said already is not repeated. Used by one thread. */
    static final class Draft {
        private final SequencedSet<String> reasons = new LinkedHashSet<>();
        private final SequencedSet<String> nextSteps = new LinkedHashSet<>();
        private final SequencedSet<String> details = new LinkedHashSet<>();
        private final List<Moment> history = new ArrayList<>();
        private String wanted = "";
        private String seen = "";

        Draft wanted(String sentence) {
            wanted = sentence;
            return this;
        }

        Draft seen(String sentence) {
            seen = sentence;
            return this;
        }

        Draft reason(String sentence) {
            reasons.add(sentence);
            return this;
        }

        Draft next(String sentence) {
            nextSteps.add(sentence);
            return this;
        }

        Draft detail(String sentence) {
            details.add(sentence);
            return this;
        }

        Draft happened(@Nullable Instant at, String what) {
            if (at != null) {
                history.add(new Moment(at, what));
            }
            return this;
        }

        boolean hasReason() {
            return !reasons.isEmpty();
        }

        Explanation of(String kind, String id, String name) {
            List<Moment> ordered =
                    history.stream().sorted(Comparator.comparing(Moment::at)).toList();
            return new Explanation(
                    kind,
                    id,
                    name,
                    reasons.isEmpty(),
                    wanted,
                    seen,
                    bounded(reasons),
                    bounded(nextSteps),
                    bounded(details),
                    ordered.subList(Math.max(0, ordered.size() - MAX_SENTENCES), ordered.size()));
        }

        private static List<String> bounded(SequencedSet<String> sentences) {
            List<String> all = List.copyOf(sentences);
            if (all.size() <= MAX_SENTENCES) {
                return all;
            }
            List<String> first = new ArrayList<>(all.subList(0, MAX_SENTENCES));
            first.add("and " + (all.size() - MAX_SENTENCES) + " more");
            return List.copyOf(first);
        }
    }
}
