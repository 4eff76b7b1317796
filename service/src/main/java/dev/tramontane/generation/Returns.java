package dev.tramontane.generation;

import dev.tramontane.engine.RefusedException;
import dev.tramontane.engine.SequenceHandle;
import dev.tramontane.engine.Submission;
import dev.tramontane.generation.Choice.Standing;
import dev.tramontane.generation.Inbox.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * The places of a stream's choices that nobody may be there to read: given up while nobody is, and asked for again once somebody
 * is there and wants more. The drain's, but for what is said of other threads.
 */
final class Returns {
    private final Presence presence;
    private final Places places;
    private final GenerationRequest request;
    private final List<Choice> choices;
    private final Inbox inbox;
    private final Runnable wake;
    private final BooleanSupplier gone;

    /** Of each choice, what prepares its return. */
    private final List<Disposable.Swap> preparations = new ArrayList<>();

    /** An answer was refused a new place, and it is not time yet to try again. */
    private volatile boolean pausing;

    /**
     * @param wake has the drain look again; any thread
     * @param gone whether nobody waits for anything of the stream; any thread
     */
    Returns(
            Presence presence,
            Places places,
            GenerationRequest request,
            List<Choice> choices,
            Inbox inbox,
            Runnable wake,
            BooleanSupplier gone) {
        this.presence = presence;
        this.places = places;
        this.request = request;
        this.choices = choices;
        this.inbox = inbox;
        this.wake = wake;
        this.gone = gone;
        choices.forEach(choice -> preparations.add(Disposables.swap()));
        presence.heed(wake);
    }

    /** Tells the engine whether anybody reads; here alone, so that what it hears last is the truth. */
    void tellPresence(Handles handles) {
        boolean there = presence.isThere();
        for (Choice choice : choices) {
            if (choice.attended != there && choice.isTheEngines()) {
                choice.attended = there;
                handles.of(choice).attended(there);
            }
        }
    }

    /** Those who gave their places up ask for others, if somebody is there. */
    void begin(PreparedPrompt prompt) {
        for (Choice choice : choices) {
            if (choice.standing == Standing.YIELDED && presence.isThere() && !pausing) {
                prepare(choice, prompt);
            }
        }
    }

    private void prepare(Choice choice, PreparedPrompt prompt) {
        int place = choice.place();
        choice.standing = Standing.PREPARING;
        preparations
                .get(place)
                .update(places.prepare(
                        request.continuing(choice.soFar()),
                        prompt,
                        gone,
                        ready -> inbox.post(new Signal.Ready(place, ready)),
                        refused -> inbox.post(new Signal.Refused(place, refused))));
    }

    /**
     * The way is prepared: submits it, unless nobody is there any more or wants it.
     *
     * @return the choice's new handle; null where it has none, for one that was refused after that was told
     */
    @Nullable
    SequenceHandle submit(Choice choice, Submission ready, boolean wanted) {
        if (!wanted || !presence.isThere()) {
            choice.standing = Standing.YIELDED;
            return null;
        }
        try {
            SequenceHandle handle = places.submit(ready, inbox.listener(choice.place(), true));
            choice.standing = Standing.RETURNING; // Until it starts, the others get what is wanted.
            choice.attended = true;
            return handle;
        } catch (RefusedException refused) {
            inbox.post(new Signal.Refused(choice.place(), GenerationException.of(refused)));
            return null;
        }
    }

    /**
     * It gets no place.
     *
     * @param late called where it ends with what there is of it
     * @param lost called with why the whole stream cannot go on
     */
    void refused(Choice choice, GenerationException why, Runnable late, Consumer<Throwable> lost) {
        switch (why.kind()) {
            case BUSY -> {
                choice.standing = Standing.YIELDED;
                pausing = true;
                places.later(this::tryAgain, Math.max(1, why.retryAfterSeconds()));
            }
            case LATE, EXPIRED -> late.run();
            case INVALID, GONE, TOO_LARGE, UNAVAILABLE, FAILED -> lost.accept(why);
        }
    }

    private void tryAgain() {
        pausing = false;
        wake.run();
    }

    /** The stream is over for the subscriber: whoever keeps what came of it does not keep it. */
    void forget() {
        presence.forget();
    }

    /** Nothing is prepared any more. Any thread. */
    void dispose() {
        preparations.forEach(Disposable::dispose);
    }
}
