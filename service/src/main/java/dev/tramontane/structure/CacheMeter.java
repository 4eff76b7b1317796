package dev.tramontane.structure;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes that the states and masks of many structures take together, about. Any thread. */
final class CacheMeter {
    private final long most;
    private final AtomicLong bytes = new AtomicLong();

    /** @param most bytes; beyond that, structures forget */
    CacheMeter(long most) {
        this.most = most;
    }

    /** One structure's share. A structure that nobody uses any more gives it back when its memory is collected. */
    final class Share implements Runnable {
        private volatile long mine;
        private boolean left;

        boolean isCrowded() {
            return isFull();
        }

        long bytes() {
            return mine;
        }

        synchronized void set(long now) {
            bytes.addAndGet(left ? 0 : now - mine);
            mine = now;
        }

        /** It isn't kept any more: whoever still uses it counts it again by {@link #join}. */
        synchronized void leave() {
            if (!left) {
                left = true;
                bytes.addAndGet(-mine);
            }
        }

        synchronized void join() {
            if (left) {
                left = false;
                bytes.addAndGet(mine);
            }
        }

        @Override
        public void run() {
            leave();
        }
    }

    boolean isFull() {
        return bytes.get() > most;
    }

    long bytes() {
        return bytes.get();
    }
}
