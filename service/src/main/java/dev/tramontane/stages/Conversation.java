package dev.tramontane.stages;

import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.StageLostException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What a head has asked of a stage and heard of it: one question at a time, and whether what the stage held is lost. The loss stands until {@link #recovered} has
 * been told that the stage is back. The link's thread tells, the driver's asks.
 */
final class Conversation {
    private final String address;
    private final LayerRange layers;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();

    /** Why what was held is gone; null once the driver has heard that the stage is back. Written under the lock. */
    private volatile @Nullable String lost;

    private boolean everThere;
    private boolean told;
    private @Nullable Link link;
    private @Nullable Question asked;
    private @Nullable String impossible;

    /** Something that was asked for, and what becomes of it. */
    static class Question {
        private boolean answered;
        private @Nullable ModelException refused;

        /**
         * Reads the answer. The link's thread.
         *
         * @throws IOException when it is none to this
         */
        void read(Link from) throws IOException {
            Fields.requireEnd(from.small());
        }
    }

    /** @param address as it was given */
    Conversation(String address, LayerRange layers) {
        this.address = address;
        this.layers = layers;
        lost = "stage " + address + " is not there yet";
    }

    // ---- the link's thread

    void began(Link fresh) {
        lock.lock();
        try {
            link = fresh;
            everThere = true;
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** @param forGood it was there and said that it can't be what was ordered */
    void ended(String why, boolean forGood) {
        lock.lock();
        try {
            if (lost == null || !lost.equals(why)) {
                lost = why;
                told = false;
            }
            impossible = forGood ? why : null;
            link = null;
            asked = null; // From here on its buffers are not touched.
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** @throws IOException when that is no answer to what was asked */
    void answered(Link from, boolean refused) throws IOException {
        Question question;
        lock.lock();
        try {
            question = asked;
        } finally {
            lock.unlock();
        }
        if (question == null || question.answered) {
            throw new WireException("it answered what nobody had asked");
        }
        ModelException why = null;
        if (refused) {
            why = new ModelException("stage " + address + ": " + from.words());
        } else {
            question.read(from);
        }
        if (from.bulk() > 0) {
            throw new WireException("it answered with more than was asked for");
        }
        lock.lock();
        try {
            question.refused = why;
            question.answered = true;
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // ---- the driver's thread

    /**
     * Waits until the stage is ready for the first time.
     *
     * @throws ModelException when it says that it can't be what was ordered, or is not there in time
     */
    void awaitBegin(Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        lock.lock();
        try {
            while (link == null) {
                if (impossible != null) {
                    throw new ModelException(impossible);
                }
                if (left <= 0) {
                    throw new ModelException(lost + "; it was waited for so long as --stage-wait says");
                }
                left = news.awaitNanos(left);
            }
            lost = null;
        } finally {
            lock.unlock();
        }
    }

    /** Any thread. */
    boolean isLost() {
        return lost != null;
    }

    StageLostException loss() {
        lock.lock();
        try {
            told = true;
            String why = lost == null ? "stage " + address + " was lost" : lost;
            return new StageLostException(why, "the stage of " + layers + (everThere ? " was lost" : " is not there"));
        } finally {
            lock.unlock();
        }
    }

    /** As {@link dev.tramontane.model.Stage#recover}. */
    boolean recovered() {
        lock.lock();
        try {
            if (link == null) {
                if (!told) {
                    throw loss();
                }
                return false;
            }
            if (asked != null && !asked.answered) {
                return false; // Another stage was lost while this one computed: its answer is still to come.
            }
            lost = null;
            told = false;
            asked = null;
            return true;
        } finally {
            lock.unlock();
        }
    }

    void ask(Kind kind, ByteBuffer small, List<ByteBuffer> bulk, Question question) {
        Link now;
        lock.lock();
        try {
            now = link;
            if (lost != null || now == null) {
                throw loss();
            }
            if (asked != null) {
                throw new IllegalStateException("a stage is asked for one thing at a time");
            }
            asked = question;
        } finally {
            lock.unlock();
        }
        try {
            now.send(kind, small, bulk);
        } catch (IOException failure) {
            now.close(); // The link's thread hears of it, and says so when it touches nothing any more.
            awaitLoss();
        } catch (RuntimeException | Error fault) {
            now.close(); // Half a frame may have gone, and no answer comes.
            throw fault;
        }
    }

    private void awaitLoss() {
        boolean done = false;
        while (!done) {
            done = await(Long.MAX_VALUE);
        }
    }

    /** As {@link dev.tramontane.model.Stage#await}. */
    boolean await(long timeoutNanos) {
        lock.lock();
        try {
            if (lost == null && asked == null) {
                return true;
            }
            long left = timeoutNanos;
            while (asked != null && !asked.answered) {
                if (left <= 0) {
                    return false;
                }
                left = news.awaitNanos(left);
            }
            Question question = asked;
            if (question == null) {
                throw loss();
            }
            asked = null;
            if (question.refused != null) {
                throw question.refused;
            }
            return true;
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
            throw new ModelException("the thread that drives stage " + address + " was interrupted", nobodyDoes);
        } finally {
            lock.unlock();
        }
    }
}
