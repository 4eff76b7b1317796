package dev.tramontane.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * Who of more decodes than lanes is computed, where several tenants have some: a lane goes to each tenant in turn, the least
 * served first, as long as he has a sequence for it. So a tenant's tokens come no slower for how many another has, beyond the
 * division by tenants. Within a tenant it is whose last turn is longest ago. Engine thread only.
 */
final class DecodeTurns {
    private static final Comparator<Sequence> LONGEST_AGO = Comparator.comparingLong(sequence -> sequence.turn);

    private long turns;

    /**
     * Adds at most {@code count} decodes to a plan.
     *
     * @param admitted none without demand among those that run
     * @param tenants who have something to compute, the least served first
     */
    void plan(StepPlan plan, int count, Admitted admitted, List<String> tenants) {
        turns++;
        Map<String, Queue<Sequence>> waiting = new HashMap<>();
        decodes(admitted)
                .forEach(sequence -> waiting.computeIfAbsent(
                                sequence.request.tenant().name(), tenant -> new ArrayDeque<>())
                        .add(sequence));
        Queue<Queue<Sequence>> lines = new ArrayDeque<>();
        for (String tenant : tenants) {
            if (waiting.containsKey(tenant)) {
                lines.add(waiting.get(tenant));
            }
        }
        while (plan.size() < count && !lines.isEmpty()) {
            Queue<Sequence> line = lines.remove();
            Sequence next = line.remove();
            next.turn = turns;
            plan.add(next, 1);
            if (!line.isEmpty()) {
                lines.add(line);
            }
        }
    }

    /** Those whose last turn is longest ago first; of equals who was admitted first. */
    private static List<Sequence> decodes(Admitted admitted) {
        List<Sequence> decodes = new ArrayList<>();
        for (int i = 0; i < admitted.running(); i++) {
            Sequence sequence = admitted.running(i);
            if (sequence.pending() == 1) {
                decodes.add(sequence);
            }
        }
        decodes.sort(LONGEST_AGO);
        return decodes;
    }
}
