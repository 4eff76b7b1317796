package dev.tramontane.simulation;

import dev.tramontane.simulation.Hpa.Policy;
import dev.tramontane.simulation.Hpa.Rules;
import dev.tramontane.simulation.Hpa.Unit;
import dev.tramontane.simulation.Scaling.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** What is compared. */
final class Experiments {
    /**
     * What the manifests scale on (k8s/components/hpa): half of the pages reserved, a second in the queue, one refused in a
     * hundred; the largest proposal wins.
     */
    static final Target[] CHOSEN = chosen(0.5);

    private Experiments() {}

    /** Each signal at several targets, under the manifests' behaviour, beside fixed numbers of servers. */
    static List<Row> signals(List<Case> cases) {
        List<Supplier<Row>> runs = new ArrayList<>();
        for (Case place : cases) {
            for (int servers : new int[] {4, 5, 6, 7, 8, 9, 10, 12}) {
                runs.add(() -> Row.of(place, "fixed", Integer.toString(servers), Scaling.fixed(servers)));
            }
            sweep(runs, place, Signal.RESERVED, .3, .4, .5, .6, .75);
            for (double share : new double[] {.3, .4, .5, .6, .75}) {
                runs.add(() -> Row.of(place, "the manifests' three", "at " + share, Scaling.on(chosen(share))));
            }
            sweep(runs, place, Signal.SEQUENCES, place.targets());
            sweep(runs, place, Signal.RUNNING, place.targets());
            sweep(runs, place, Signal.BUSY, .5, .6, .7, .8, .9);
            sweep(runs, place, Signal.WAITING, .5, 2, 4, 8);
            sweep(runs, place, Signal.REFUSED, .02, .1, .5);
        }
        return all(runs);
    }

    private static void sweep(List<Supplier<Row>> runs, Case place, Signal signal, double... targets) {
        for (double target : targets) {
            Scaling scaling = Scaling.on(new Target(signal, target));
            runs.add(() -> Row.of(place, signal.toString(), "at " + number(target), scaling));
        }
    }

    /** The HPA's behaviour, with the chosen signals. */
    static List<Row> behaviours(List<Case> cases) {
        Policy one = new Policy(Unit.PODS, 1, 60);
        List<Supplier<Row>> runs = new ArrayList<>();
        for (Case place : cases) {
            Scaling chosen = Scaling.on(CHOSEN);
            add(runs, place, "as it is", chosen);
            add(runs, place, "Kubernetes' defaults", chosen.behaving(Rules.UP, Rules.DOWN));
            for (int window : new int[] {0, 300, 600, 1_200}) {
                add(
                        runs,
                        place,
                        "down all at once after " + window + " s",
                        chosen.behaving(Scaling.UP, Rules.DOWN.window(window)));
                add(
                        runs,
                        place,
                        "down as it is after " + window + " s",
                        chosen.behaving(Scaling.UP, Scaling.DOWN.window(window)));
            }
            add(runs, place, "down 1 pod/60 s", chosen.behaving(Scaling.UP, Scaling.DOWN.only(one)));
            add(runs, place, "never down", chosen.behaving(Scaling.UP, new Rules(0, Hpa.Select.DISABLED, List.of())));
            add(runs, place, "up as by default (4 pods or 100 %/15 s)", chosen.behaving(Rules.UP, Scaling.DOWN));
            add(
                    runs,
                    place,
                    "up 2 pods/60 s",
                    chosen.behaving(Rules.UP.only(new Policy(Unit.PODS, 2, 60)), Scaling.DOWN));
            add(runs, place, "up 1 pod/60 s", chosen.behaving(Rules.UP.only(one), Scaling.DOWN));
            add(runs, place, "up after 60 s", chosen.behaving(Scaling.UP.window(60), Scaling.DOWN));
        }
        return all(runs);
    }

    /** What surrounds the autoscaler: scrapes, nodes, least replicas, the cache's size. */
    static List<Row> surroundings(List<Case> cases) {
        List<Supplier<Row>> runs = new ArrayList<>();
        for (Case place : cases) {
            Scaling chosen = Scaling.on(CHOSEN);
            for (int scrape : new int[] {5, 15, 60}) {
                add(runs, place, "scraped every " + scrape + " s", chosen.scraping(scrape));
            }
            for (int start : new int[] {0, 60, 180, 600}) {
                add(runs, place, "nodes after " + start + " s", chosen.nodes(start, 600));
            }
            for (int kept : new int[] {0, 600, 3_600}) {
                add(runs, place, "nodes kept " + kept + " s", chosen.nodes(180, kept));
            }
            for (int least : new int[] {1, 2, 4, 6, 8}) {
                add(runs, place, "at least " + least, chosen.between(least, 8, 24));
            }
            Case larger = new Case(
                    place.workload(),
                    place.hardware().cache(8 * place.hardware().pages()),
                    place.targets());
            add(runs, larger, "cache eight times as large", chosen);
        }
        return all(runs);
    }

    /** From and to nothing, by KEDA's rules, over a night without anybody. */
    static List<Row> nights() {
        Case night = new Case(Workload.night(8), Case.DAY.hardware(), Case.DAY.targets());
        return all(List.of(
                () -> Row.of(night, "chosen", "at least 1", Scaling.on(CHOSEN).between(1, 1, 24)),
                () -> Row.of(night, "chosen", "at least 0", Scaling.on(CHOSEN).between(0, 1, 24))));
    }

    private static Target[] chosen(double reserved) {
        return new Target[] {
            new Target(Signal.RESERVED, reserved),
            new Target(Signal.QUEUE_TIME, 1),
            new Target(Signal.REFUSED_SHARE, 0.01)
        };
    }

    private static void add(List<Supplier<Row>> runs, Case place, String words, Scaling scaling) {
        runs.add(() -> Row.of(place, "chosen,", words, scaling));
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Integer.toString((int) value) : Double.toString(value);
    }

    /** On all processors; the order, and so the output, is that of the list. */
    private static List<Row> all(List<Supplier<Row>> runs) {
        return Arrays.asList(runs.parallelStream().map(Supplier::get).toArray(Row[]::new));
    }
}
