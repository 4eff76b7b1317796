package dev.tramontane.app;

import dev.tramontane.api.openai.ServedModels.Pulling.Progress;
import dev.tramontane.hub.Digest;
import dev.tramontane.hub.PullListener;
import dev.tramontane.hub.PullPlan;
import dev.tramontane.hub.PullPlan.PlannedFile;
import dev.tramontane.hub.Reference;
import java.util.Locale;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.BufferOverflowStrategy;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** One pull, and those who hear of it, in the words of Ollama. Told on the pulling thread; heard on any. */
final class PullJob implements PullListener {
    /** Of a digest, for people. */
    private static final int SHOWN = 12;

    /** Words that a slow reader may be behind. */
    private static final int BEHIND = 64;

    final Reference reference;
    private final LongConsumer room;
    private final Sinks.Many<Progress> words = Sinks.many().multicast().directBestEffort();
    private volatile Progress latest = word("pulling manifest");

    /** How many listen. Guarded by whoever counts. */
    int listeners;

    /** All of it is here, and it is about to be served, whoever leaves. Guarded likewise. */
    boolean offering;

    private boolean cancelled;
    private @Nullable Thread fetching;

    /** @param room throws when so many bytes more are too many */
    PullJob(Reference reference, LongConsumer room) {
        this.reference = reference;
        this.room = room;
    }

    private static Progress word(String status) {
        return new Progress(status, "", 0, 0);
    }

    /** How far it is, and how it ends. */
    Flux<Progress> progress() {
        return words.asFlux()
                .onBackpressureBuffer(BEHIND, lost -> {}, BufferOverflowStrategy.DROP_OLDEST)
                .startWith(Flux.defer(() -> Flux.just(latest)));
    }

    private void say(Progress progress) {
        if (!progress.equals(latest)) {
            latest = progress;
            words.tryEmitNext(progress);
        }
    }

    void succeed() {
        words.tryEmitComplete();
    }

    void fail(Throwable why) {
        words.tryEmitError(why);
    }

    /** From here on {@link #cancel} interrupts this thread; false where it was before. */
    synchronized boolean begin() {
        if (!cancelled) {
            fetching = Thread.currentThread();
        }
        return !cancelled;
    }

    /** All has come, or nothing more does: nobody interrupts this thread any more. */
    synchronized void fetched() {
        fetching = null;
        cancelled |= Thread.interrupted();
    }

    synchronized boolean isCancelled() {
        return cancelled;
    }

    /** Nobody listens: what has not come by now does not come. */
    synchronized void cancel() {
        cancelled = true;
        if (fetching != null) {
            fetching.interrupt();
        }
    }

    @Override
    public void waiting() {
        say(word("waiting for another pull into the same store"));
    }

    @Override
    public void planned(PullPlan plan, long missing) {
        room.accept(missing);
    }

    @Override
    public void at(PlannedFile file, long done) {
        Digest digest = file.digest();
        String shown = digest == null
                ? file.path()
                : digest.hex().substring(0, Math.min(SHOWN, digest.hex().length()));
        say(new Progress("pulling " + shown, digest(digest), file.bytes(), done));
    }

    private static String digest(@Nullable Digest digest) {
        return digest == null
                ? ""
                : digest.kind().name().toLowerCase(Locale.ROOT).replace("_", "") + ":" + digest.hex();
    }

    @Override
    public void checking(PlannedFile file, long done) {
        say(word("verifying sha256 digest"));
    }

    @Override
    public void checked(PullPlan plan) {
        say(word("writing manifest"));
    }
}
