package dev.tramontane.engine;

import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lives of admitted sequences: starting, forking, handing over and ending. Whatever a sequence holds is given back
 * before its listener hears of the end. Engine thread only.
 */
final class RunningSequences {
    private static final Logger LOG = LoggerFactory.getLogger(RunningSequences.class);

    private final KvCache cache;
    private final Prefixes prefixes;
    private final Admitted admitted;
    private final Delivery delivery;
    private final EngineObserver observer;
    private final Rates rates;
    private final LongSupplier clock;
    private final Deadlines deadlines;
    private final Speculation speculation;

    RunningSequences(
            KvCache cache,
            Prefixes prefixes,
            Admitted admitted,
            Delivery delivery,
            EngineObserver observer,
            Rates rates,
            LongSupplier clock,
            Deadlines deadlines,
            Speculation speculation) {
        this.cache = cache;
        this.prefixes = prefixes;
        this.admitted = admitted;
        this.delivery = delivery;
        this.observer = observer;
        this.rates = rates;
        this.clock = clock;
        this.deadlines = deadlines;
        this.speculation = speculation;
    }

    /** Reserves what a waiting request may come to hold. */
    boolean reserve(Request request) {
        request.reservation = cache.reserve(request.tenant(), request.prompt().length, request.length, request.live);
        return request.reservation != null;
    }

    /** Starts a request that has its reservation. */
    void start(Request request) {
        Reservation reservation = request.reservation;
        if (reservation == null) {
            throw new IllegalStateException("a request starts without a reservation");
        }
        Sequence leader = request.leader();
        PromptBlocks blocks = request.blocks;
        leader.take(cache.open(reservation, blocks == null ? null : new TokenChain(blocks)), 0);
        admitted.add(leader);
        long now = clock.getAsLong();
        long waited = now - request.submittedNanos;
        for (Sequence sequence : request.choices) {
            if (sequence.over) {
                continue;
            }
            if (sequence.sampling.penalises()) {
                sequence.counts = new TokenCounts(sequence.sampling, request.prompt(), request.continued());
            }
            guess(sequence);
            sequence.started = true;
            sequence.startedNanos = now;
            observer.started(waited);
            if (!delivery.started(sequence)) {
                end(sequence, FinishReason.ERROR, -1, EngineLoop.BROKEN);
            }
        }
        if (request.endsAtOnce()) {
            endAll(request, request.knownEnd(), "");
        } else if (request.live > 0 && !request.forked) {
            forkWhenComputed(request);
        }
    }

    private void guess(Sequence sequence) {
        Speculation asked = sequence.request.submission.speculation();
        Speculation wish = asked == null ? speculation : asked;
        if (wish.guesses() && !sequence.request.onlyPrompt()) {
            sequence.guesses = new Guesses(wish, asked != null, sequence.request);
        }
    }

    /** Once the shared part of the prompt is computed, lets every choice go its own way, or ends them if that was all. */
    void forkWhenComputed(Request request) {
        Sequence leader = request.leader();
        if (leader.pending() > 0) {
            return;
        }
        if (request.onlyPrompt()) {
            endAll(request, request.knownEnd(), "");
            return;
        }
        request.forked = true;
        prefixes.ended(leader);
        for (Sequence sequence : request.choices) {
            if (!sequence.over && sequence != leader) {
                sequence.take(cache.fork(leader.table()), leader.computed);
                sequence.cached = leader.computed;
                admitted.add(sequence);
            }
        }
    }

    /** Before a step: prompts go on from where others have come, or came once. */
    void findPrefixes() {
        for (int i = 0; i < admitted.running(); i++) {
            Sequence sequence = admitted.running(i);
            try {
                if (sequence.runnable() && prefixes.find(sequence) && !sequence.request.forked) {
                    forkWhenComputed(sequence.request);
                }
            } catch (Throwable fault) {
                LOG.error("a prompt could not be looked for; its request is ended", fault);
                endAll(sequence.request, FinishReason.ERROR, EngineLoop.BROKEN);
            }
        }
    }

    /**
     * More of a sequence is computed.
     *
     * @param before tokens that were computed before
     */
    void computed(Sequence sequence, int before) {
        prefixes.computed(sequence);
        int prompt = sequence.request.prompt().length;
        if (before < prompt && sequence.computed >= prompt && sequence.hasTable()) {
            prefixes.ended(sequence);
        }
    }

    /** A token was sampled for a sequence. */
    void sampled(Sequence sequence, long now) {
        if (sequence.sampled() == 1) {
            sequence.firstTokenNanos = now;
            if (sequence == sequence.request.leader()) { // The others always share its prompt.
                rates.prompted(sequence.request.prompt().length, sequence.cached);
            }
            observer.firstToken(now - sequence.request.submittedNanos);
        } else {
            observer.nextToken(now - sequence.lastTokenNanos);
        }
        sequence.lastTokenNanos = now;
    }

    /** Ends a sequence: frees what only it holds, then tells its listener. Does nothing if it is over. */
    void end(Sequence sequence, FinishReason reason, int endToken, String error) {
        if (sequence.over) {
            return;
        }
        sequence.over = true;
        sequence.request.live--;
        if (sequence.request.live == 0) {
            deadlines.remove(sequence.request);
        }
        try {
            leaveAdapter(sequence.request);
            giveBack(sequence, reason);
        } finally { // Whatever became of the books, its listener waits for this.
            if (reason == FinishReason.STOP || reason == FinishReason.LENGTH) {
                rates.finished(sequence.sampled());
            }
            int prompt = sequence.request.submission.asked();
            EngineObserver.Phases phases = phases(sequence, clock.getAsLong());
            if (reason == FinishReason.YIELDED) {
                observer.yielded();
            } else {
                observer.finished(reason, prompt, sequence.generated, phases);
                if (sequence.request.live == 0) {
                    observer.requestEnded(
                            sequence.request.choices.size(),
                            sequence.request.answer(),
                            mostGenerated(sequence.request));
                }
            }
            Guesses guesses = sequence.guesses;
            Finish finish = new Finish(
                    reason,
                    endToken,
                    prompt,
                    sequence.cachedPrompt(),
                    sequence.generated,
                    guesses == null ? 0 : guesses.accepted,
                    guesses == null ? 0 : guesses.rejected,
                    error);
            delivery.finish(sequence, finish, phases);
        }
    }

    private static void leaveAdapter(Request request) {
        EngineAdapter adapter = request.submission.adapter();
        if (adapter != null && request.live == 0) {
            adapter.leave(request.admitted);
        }
    }

    private static EngineObserver.Phases phases(Sequence sequence, long now) {
        long submitted = sequence.request.submittedNanos;
        long total = now - submitted;
        if (!sequence.started) {
            return new EngineObserver.Phases(total, 0, 0, total);
        }
        long queue = sequence.startedNanos - submitted;
        if (sequence.sampled() == 0) {
            return new EngineObserver.Phases(queue, total - queue, 0, total);
        }
        return new EngineObserver.Phases(
                queue,
                sequence.firstTokenNanos - sequence.startedNanos,
                sequence.lastTokenNanos - sequence.firstTokenNanos,
                total);
    }

    private static int mostGenerated(Request request) {
        int most = 0;
        for (Sequence sequence : request.choices) {
            most = Math.max(most, sequence.generated);
        }
        return most;
    }

    private void giveBack(Sequence sequence, FinishReason reason) {
        Request request = sequence.request;
        if (sequence.hasTable()) {
            if (!request.forked && request.live > 0) {
                Sequence heir = request.leader();
                heir.take(sequence.giveTable(), sequence.computed);
                heir.cached = sequence.cached;
                admitted.replace(sequence, heir);
            } else {
                admitted.remove(sequence);
                try {
                    if (reason == FinishReason.ERROR) {
                        prefixes.spoiled(sequence);
                    } else if (reason != FinishReason.LOST) { // Then nothing of it is there any more.
                        prefixes.turnEnded(sequence);
                    }
                } finally {
                    cache.close(sequence.giveTable());
                }
            }
        }
        Reservation reservation = request.reservation;
        if (reservation != null) {
            cache.leave(reservation);
        }
    }

    /** Ends every choice of a request that lives. */
    void endAll(Request request, FinishReason reason, String error) {
        for (Sequence sequence : request.choices) {
            end(sequence, reason, -1, error);
        }
    }
}
