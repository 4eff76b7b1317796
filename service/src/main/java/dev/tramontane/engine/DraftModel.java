package dev.tramontane.engine;

import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.Model;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.StepBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small model with the same tokens, which guesses what the engine's own is going to say. It has a cache and books of its own, in which a sequence has a
 * place as long as it is admitted and there is one; without a place nothing is guessed. It computes what the sequence has become since, a few rows a step, and
 * then draws guess after guess, by the sequence's seed and positions, so that where both models think alike they draw alike. Engine thread only.
 *
 * <p>Nothing depends on it: when it fails, nothing is guessed any more.
 */
final class DraftModel {
    private static final Logger LOG = LoggerFactory.getLogger(DraftModel.class);

    /** Rows of what is known already that are computed before a step, of all sequences together. */
    static final int ROWS = 64;

    private static final double WEIGHT = 0.1;

    /** Where a sequence stands here. */
    static final class Place {
        private final Sequence sequence;
        private final PageTable table;
        private int computed;

        private Place(Sequence sequence, PageTable table) {
            this.sequence = sequence;
            this.table = table;
        }
    }

    /** A sequence that wants guesses, and how many; what it has got. */
    static final class Wish {
        final Sequence sequence;
        final Guesses guesses;

        /** Of the sequence in the plan. */
        final int entry;

        private final int most;
        private int made;

        Wish(Sequence sequence, Guesses guesses, int entry, int most) {
            this.sequence = sequence;
            this.guesses = guesses;
            this.entry = entry;
            this.most = most;
        }

        int made() {
            return made;
        }
    }

    private final Model model;
    private final StepBatch batch;
    private final KvCache cache;
    private final LongSupplier clock;
    private final int lanes;
    private final int rows;
    private final int samples;
    private final List<Place> places = new ArrayList<>();
    private double nanosPerGuess;
    private boolean failed;

    /**
     * Sizes its cache. It has no adapters: whom it guesses for may have one.
     *
     * @param config with as many lanes and slots as the engine's, and the bytes of this cache
     */
    DraftModel(Model model, EngineConfig config, LongSupplier clock) {
        this.model = model;
        this.clock = clock;
        CachePlan plan = CachePlan.of(model.geometry(), config.withAdapters(AdapterRoom.NONE));
        model.sizeCache(plan.shape());
        batch = model.newBatch();
        cache = new KvCache(plan.windows(), plan.shape());
        lanes = config.lanes();
        rows = config.tokenBudget();
        samples = config.maxSamples();
    }

    /** What a guess takes, as measured; 0 before there was one. */
    double nanosPerGuess() {
        return nanosPerGuess;
    }

    /** Gives back the places of sequences that have ended. */
    void sweep() {
        for (int i = 0; i < places.size(); i++) {
            Place place = places.get(i);
            if (place.sequence.over || failed) {
                Reservation reservation = place.table.reservation;
                cache.close(place.table);
                cache.leave(reservation);
                places.remove(i--);
            }
        }
    }

    /** @throws IllegalStateException naming what does not add up */
    void checkBooks() {
        cache.checkBooks();
        if (places.isEmpty() && cache.figures().pagesUsed() > 0) {
            throw new IllegalStateException("the draft model's cache has pages in use, but no sequence");
        }
    }

    /** Guesses for all that want some and have a place, as far as it has come with them. */
    void guess(List<Wish> wishes) {
        if (failed || wishes.isEmpty()) {
            return;
        }
        try {
            List<Wish> ready = catchUp(wishes);
            long begun = clock.getAsLong();
            int guesses = 0;
            while (!ready.isEmpty()) {
                step(ready, 1);
                guesses += ready.size();
                ready.removeIf(wish -> wish.made == wish.most);
            }
            if (guesses > 0) {
                double each = (double) (clock.getAsLong() - begun) / guesses;
                nanosPerGuess += (nanosPerGuess == 0 ? 1 : WEIGHT) * (each - nanosPerGuess);
            }
        } catch (ModelException e) {
            LOG.error("the draft model failed; nothing is guessed by it from now on", e);
            failed = true;
        }
    }

    /** @return those whose last token is all that is left to compute */
    private List<Wish> catchUp(List<Wish> wishes) {
        List<Wish> ready = new ArrayList<>();
        List<Wish> behind = new ArrayList<>();
        for (Wish wish : wishes) {
            Place place = place(wish);
            if (place == null) {
                continue;
            }
            // What was guessed wrongly is written over.
            place.computed = Math.min(place.computed, wish.sequence.computed);
            (wish.sequence.tokens() - place.computed == 1 ? ready : behind).add(wish);
        }
        int left = Math.min(rows, ROWS);
        while (!behind.isEmpty() && left > 0) {
            Wish next = behind.removeFirst();
            int pending = next.sequence.tokens() - 1 - next.guesses.draftPlace().computed;
            int count = Math.min(left, pending);
            left -= count;
            step(List.of(next), count);
            if (count == pending) {
                ready.add(next);
            }
        }
        while (ready.size() > Math.min(lanes, samples)) {
            ready.removeLast();
        }
        return ready;
    }

    private @Nullable Place place(Wish wish) {
        Place known = wish.guesses.place;
        if (known != null) {
            return known;
        }
        Request request = wish.sequence.request;
        Reservation reservation = cache.reserve(request.tenant(), request.prompt().length, request.length, 1);
        if (reservation == null) {
            return null;
        }
        Place place = new Place(wish.sequence, cache.open(reservation, null));
        places.add(place);
        wish.guesses.place = place;
        return place;
    }

    /** Computes the next rows of each; where these are the last that are known, draws what follows. */
    private void step(List<Wish> wishes, int count) {
        batch.clear();
        for (Wish wish : wishes) {
            Place place = wish.guesses.draftPlace();
            cache.makeRoom(place.table, place.computed, count, batch);
            batch.addSpan(place.table.slot, place.computed);
            int row = 0;
            for (int i = 0; i < count; i++) {
                row = batch.addRow(token(wish, place.computed + i));
            }
            place.computed += count;
            if (place.computed >= wish.sequence.tokens()) {
                batch.addDraw(row, place.table.slot, place.computed, wish.sequence.sampling);
            }
        }
        model.run(batch);
        int sample = 0;
        for (Wish wish : wishes) {
            if (wish.guesses.draftPlace().computed >= wish.sequence.tokens()) {
                // What is no number guesses nothing right.
                int token = batch.resultStatus(sample) == StepBatch.OK ? batch.resultToken(sample) : 0;
                wish.guesses.tokens[wish.made++] = token;
                sample++;
            }
        }
    }

    private static int token(Wish wish, int position) {
        int known = wish.sequence.tokens();
        if (position >= known) {
            return wish.guesses.tokens[position - known];
        }
        int[] prompt = wish.sequence.request.prompt();
        return position < prompt.length ? prompt[position] : wish.guesses.token(position);
    }
}
