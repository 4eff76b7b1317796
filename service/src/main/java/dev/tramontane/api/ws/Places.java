package dev.tramontane.api.ws;

import java.util.ArrayDeque;

/** The answers that a socket may have under way; who finds no place gets one in the order asked. Event loop only. */
final class Places {
    private final int most;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private int taken;

    Places(int most) {
        this.most = most;
    }

    /** @param begin run at once or when a place is free; it then has the place until {@link #giveBack} */
    void take(Runnable begin) {
        if (taken == most) {
            waiting.add(begin);
        } else {
            taken++;
            begin.run();
        }
    }

    /** The place goes to who waits longest. */
    void giveBack() {
        Runnable next = waiting.poll();
        if (next == null) {
            taken--;
        } else {
            next.run();
        }
    }

    /** The socket is gone: nobody waits any more. */
    void close() {
        waiting.clear();
    }
}
