package dev.tramontane.registry;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who gives way to a newcomer. */
final class Victims {
    private Victims() {}

    /**
     * As few as it takes, those first that have not been used for longest.
     *
     * @param loaded the longest unused first
     * @return indices into {@code loaded}, in its order; null when the newcomer does not fit alone
     */
    static @Nullable List<Integer> of(Budget budget, Footprint newcomer, List<Footprint> loaded) {
        int gone = 0;
        while (budget.missing(beside(newcomer, loaded, gone)) > 0) {
            if (gone == loaded.size()) {
                return null;
            }
            gone++;
        }
        // The last of them may have been so large that earlier ones need not go.
        List<Integer> victims = new ArrayList<>();
        List<Footprint> staying = new ArrayList<>(loaded.subList(gone, loaded.size()));
        staying.add(newcomer);
        for (int index = gone - 1; index >= 0; index--) {
            staying.add(loaded.get(index));
            if (budget.missing(staying) > 0) {
                staying.removeLast();
                victims.addFirst(index);
            }
        }
        return victims;
    }

    private static List<Footprint> beside(Footprint newcomer, List<Footprint> loaded, int gone) {
        List<Footprint> together = new ArrayList<>(loaded.subList(gone, loaded.size()));
        together.add(newcomer);
        return together;
    }
}
