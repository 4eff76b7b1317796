package dev.tramontane.engine;

/** Tells listeners what was held back for them, and ends the sequences of those that threw. Engine thread. */
final class Telling {
    private final Delivery delivery;
    private final Endings endings;

    Telling(Delivery delivery, Endings endings) {
        this.delivery = delivery;
        this.endings = endings;
    }

    /**
     * Tells listeners everything. Nothing is in flight.
     *
     * @return whether there was anything to tell
     */
    boolean tellAll() {
        boolean told = false;
        endDeafened(); // Some may have been told since this step began.
        while (delivery.release()) {
            told = true;
            endDeafened();
        }
        return told;
    }

    /** Ends those whose listeners threw when they were told late. Nothing is in flight. */
    void endDeafened() {
        for (Sequence deaf = delivery.deafened(); deaf != null; deaf = delivery.deafened()) {
            endings.end(deaf, FinishReason.ERROR, EngineLoop.BROKEN);
        }
    }
}
