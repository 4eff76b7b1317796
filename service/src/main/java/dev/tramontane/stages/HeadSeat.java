package dev.tramontane.stages;

import org.jspecify.annotations.Nullable;

/** The one place of a head for which a stage computes. A head that comes again while its old connection still stands takes it over. Any thread. */
final class HeadSeat {
    private @Nullable Link serving;
    private String head = "";
    private boolean closed;

    /**
     * Takes the place, waiting until the same head's older connection has given it up.
     *
     * @param name that the head gave itself
     * @return false when another head has it, nobody is let in any more, or the connection has ended meanwhile
     */
    synchronized boolean claim(Link link, String name) {
        while (serving != null) {
            if (!head.equals(name) || closed || link.isOver()) {
                return false;
            }
            serving.close();
            try {
                wait();
            } catch (InterruptedException nobodyDoes) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        if (closed || link.isOver()) { // A newer one of the same head may have come meanwhile.
            return false;
        }
        serving = link;
        head = name;
        return true;
    }

    synchronized void release(Link link) {
        if (serving == link) {
            serving = null;
        }
        notifyAll();
    }

    /** Who waits leaves, and who has it keeps it until it is released. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }
}
