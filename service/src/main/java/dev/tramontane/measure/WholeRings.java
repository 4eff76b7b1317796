package dev.tramontane.measure;

import dev.tramontane.model.CacheShape;
import dev.tramontane.model.StepBatch;

/** Page tables that are written once: every entry of every ring has a page of its own, in order. */
final class WholeRings {
    private WholeRings() {}

    /** The page of an entry of a slot's ring. */
    static int page(CacheShape.Group group, int slot, int entry) {
        return slot * group.ring() + entry;
    }

    /**
     * Adds the tables of the first {@code slots} slots to a batch.
     *
     * @param shape whose pages hold their whole rings
     */
    static void place(CacheShape shape, int slots, StepBatch batch) {
        for (int group = 0; group < shape.groups().size(); group++) {
            CacheShape.Group pool = shape.groups().get(group);
            for (int slot = 0; slot < slots; slot++) {
                for (int entry = 0; entry < pool.ring(); entry++) {
                    batch.addEdit(slot, group, entry, page(pool, slot, entry));
                }
            }
        }
    }
}
