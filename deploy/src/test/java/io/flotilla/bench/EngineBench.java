package io.flotilla.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Runs the workloads on one engine, or on two in turn, and prints medians and their ratio. Run by {@code
 * deploy/bench/engine/run}.
 */
final class EngineBench {
    private static final int MOST_WARM_UP = 5;

    private EngineBench() {}

    /** @param args the busybox archive; a part of the names of the workloads, empty for all; one or two sockets */
    public static void main(String[] args) throws IOException, InterruptedException {
        Path archive = Path.of(args[0]);
        List<Engine> engines = new ArrayList<>();
        for (String socket : Arrays.asList(args).subList(2, args.length)) {
            engines.add(new Engine(Path.of(socket)));
        }
        for (int i = 0; i < engines.size(); i++) {
            System.out.printf("%c: %s%n", 'A' + i, engines.get(i).name());
            Workloads.removeAll(engines.get(i));
        }
        System.out.printf("%-38s %10s %22s %22s %8s%n", "median (min – max)", "rounds", "A", "B", "A/B");
        for (Workload workload : Workloads.all(archive)) {
            if (workload.name().contains(args[1])) {
                print(workload, measure(workload, engines));
            }
        }
        for (Engine engine : engines) {
            engine.close();
        }
    }

    /** One list of figures an engine. The engines take turns, and neither always comes after the other. */
    private static List<List<Double>> measure(Workload workload, List<Engine> engines)
            throws IOException, InterruptedException {
        List<Workload.Round> rounds = new ArrayList<>();
        List<List<Double>> figures = new ArrayList<>();
        for (Engine engine : engines) {
            rounds.add(workload.preparation().prepare(engine));
            figures.add(new ArrayList<>());
        }
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < engines.size(); i++) {
            order.add(i);
        }
        int warmUp = Math.min(MOST_WARM_UP, workload.rounds());
        for (int round = -warmUp; round < workload.rounds(); round++) {
            for (int engine : order) {
                double figure = rounds.get(engine).run();
                if (round >= 0) {
                    figures.get(engine).add(figure);
                }
            }
            Collections.reverse(order);
        }
        for (Workload.Round round : rounds) {
            round.close();
        }
        return figures;
    }

    private static void print(Workload workload, List<List<Double>> figures) {
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT, "%-38s %10d", workload.name() + (workload.rate() ? ", rate" : ""), workload.rounds()));
        List<Double> medians = new ArrayList<>();
        for (List<Double> ofEngine : figures) {
            List<Double> sorted = ofEngine.stream().sorted().toList();
            double median = sorted.get((sorted.size() - 1) / 2);
            medians.add(median);
            line.append(String.format(
                    Locale.ROOT,
                    " %22s",
                    String.format(
                            Locale.ROOT,
                            "%.1f %s (%.0f–%.0f)",
                            median,
                            workload.unit(),
                            sorted.getFirst(),
                            sorted.getLast())));
        }
        if (medians.size() == 2) {
            line.append(String.format(Locale.ROOT, " %8.2f", medians.get(0) / medians.get(1)));
        }
        System.out.println(line);
    }
}
