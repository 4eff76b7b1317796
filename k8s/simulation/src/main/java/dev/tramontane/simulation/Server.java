package dev.tramontane.simulation;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.PriorityQueue;

/**
 * One replica: admits by pages as the engine does (ADR 0005), shares its steps between prompts and decodes as {@code
 * RowBudget} does (ADR 0021). Between two events (a prompt done, an answer done) all rates are constant, so time goes from
 * event to event; contexts, which grow meanwhile, are looked at once a second.
 */
final class Server {
    private static final double LOOK = 1;
    private static final double CLOSE = 1e-9;

    private final Hardware hardware;
    private final Tally tally;
    private final Deque<Request> queue = new ArrayDeque<>();
    private final Deque<Request> prompts = new ArrayDeque<>();
    private final PriorityQueue<Request> decoding =
            new PriorityQueue<>(Comparator.comparingDouble(request -> request.until));

    private double now;

    /** Tokens that a sequence which has decoded since the start would have. */
    private double count;

    /** Tokens of context of all that decode. */
    private double context;

    private int reserved;
    private double busy;

    Server(Hardware hardware, Tally tally, double now) {
        this.hardware = hardware;
        this.tally = tally;
        this.now = now;
    }

    /** A request that arrives now: {@link #advance} has been called for this time. */
    void offer(Request request) {
        if (queue.size() >= hardware.queue() || pages(request) > hardware.pages()) {
            tally.refused();
            return;
        }
        queue.add(request);
        admit();
    }

    /** Computes until that time. */
    void advance(double to) {
        while (now < to) {
            int lanes = Math.min(decoding.size(), hardware.lanes());
            if (lanes == 0 && prompts.isEmpty()) {
                now = to;
                return;
            }
            double decode = lanes == 0 ? 0 : hardware.step(lanes, context / decoding.size());
            double rows = prompts.isEmpty() ? 0 : rows(lanes, prompts.size(), decode);
            double step = decode + rows * hardware.rowSeconds();
            double rowRate = rows / step;
            double tokenRate = lanes == 0 ? 0 : lanes / (decoding.size() * step);
            double seconds = Math.min(to - now, LOOK);
            if (rows > 0) {
                seconds = Math.min(seconds, prompts.getFirst().left / rowRate);
            }
            if (tokenRate > 0) {
                seconds = Math.min(seconds, (decoding.element().until - count) / tokenRate);
            }
            pass(Math.max(seconds, CLOSE), rowRate, tokenRate);
        }
    }

    private void pass(double seconds, double rowRate, double tokenRate) {
        now += seconds;
        busy += seconds;
        count += tokenRate * seconds;
        context += tokenRate * seconds * decoding.size();
        boolean ended = false;
        while (!decoding.isEmpty() && decoding.element().until <= count + CLOSE) {
            end(decoding.remove());
            ended = true;
        }
        Request first = prompts.peek();
        if (first != null) {
            first.left -= rowRate * seconds;
            if (first.left <= CLOSE * first.prompt) {
                prompts.remove();
                first.first = now;
                first.until = count + first.answer - 1;
                context += first.prompt;
                if (first.answer == 1) {
                    end(first);
                    ended = true;
                } else {
                    decoding.add(first);
                }
            }
        }
        if (ended) {
            admit();
        }
    }

    private void end(Request request) {
        context -= request.prompt + request.answer - 1;
        reserved -= pages(request);
        tally.finished(request, now, hardware.rowSeconds());
    }

    private void admit() {
        for (Request next = queue.peek();
                next != null
                        && reserved + pages(next) <= hardware.pages()
                        && prompts.size() + decoding.size() < hardware.sequences();
                next = queue.peek()) {
            queue.remove();
            reserved += pages(next);
            prompts.add(next);
            tally.admitted(now - next.arrived);
        }
    }

    /** The engine's RowBudget: rows of prompts in a step beside so many that decode, which takes {@code decode} seconds. */
    private double rows(int decodes, int waiting, double decode) {
        double seconds = Hardware.STEP_TIME - decode;
        int least = 32;
        if (decodes > 0) {
            double outnumbered = Math.max(1, 2.0 * (waiting - 1) / decodes);
            seconds = Math.min(seconds, decode * outnumbered * outnumbered);
            least = 8;
        }
        return Math.clamp(seconds / hardware.rowSeconds(), least, hardware.stepTokens());
    }

    private int pages(Request request) {
        return hardware.pagesOf(request.prompt + request.limit);
    }

    /** {@code tramontane_requests_waiting}. */
    int waiting() {
        return queue.size();
    }

    /** {@code tramontane_requests_running}. */
    int running() {
        return prompts.size() + decoding.size();
    }

    /** {@code tramontane_cache_reserved_ratio}. */
    double reservedShare() {
        return (double) reserved / hardware.pages();
    }

    /** Seconds in which it computed anything: what processor and GPU utilisation show. */
    double busySeconds() {
        return busy;
    }

    boolean idle() {
        return running() + waiting() == 0;
    }

    /** Ends now: what it holds is cut. */
    void kill() {
        tally.cut(running() + waiting());
        queue.clear();
        prompts.clear();
        decoding.clear();
    }
}
