package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.Caller;
import dev.tramontane.api.Pass;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.Tally;
import dev.tramontane.generation.TextGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What a response over HTTP holds while it is under way, which may be longer than its request: a place of its caller's, its
 * memory and its entry among those that are kept. On its event loop.
 */
final class StartedResponse implements RecordedResponse.Watcher {
    private final StoreEntry entry;
    private final Pass pass;
    private final RequestMemory.Lease memory;

    private StartedResponse(StoreEntry entry, Pass pass, RequestMemory.Lease memory) {
        this.entry = entry;
        this.pass = pass;
        this.memory = memory;
    }

    /**
     * A response that is kept if that was asked, and not yet begun. It gives the pass back when it is over.
     *
     * @throws ApiException where there is no room to keep it; the pass is still the caller's then
     */
    static RecordedResponse prepare(
            ResponseServices services,
            ResponseCreate create,
            TextGenerator generator,
            Caller caller,
            Pass pass,
            RequestTrace trace,
            Tally tally) {
        RequestMemory.Lease memory = services.memory().lease();
        StoreEntry entry = new StoreEntry(services.store(), caller.tenant().name());
        RecordedResponse response = RecordedResponses.of(
                services,
                services.vertx().getOrCreateContext(),
                create,
                generator,
                memory,
                tally,
                trace,
                new StartedResponse(entry, pass, memory));
        memory.take(RequestMemory.ofTokens(services.config().lookAhead(), 0));
        try {
            entry.open(response);
        } catch (Throwable refused) {
            memory.release();
            throw refused;
        }
        return response;
    }

    /**
     * The same of one that an earlier process has written down and did not finish.
     *
     * @throws ApiException where there is no room to keep it; the pass is still the caller's then
     */
    static RecordedResponse restore(
            ResponseServices services, ResponseSnapshot past, Caller caller, Pass pass, Tally tally, String traceId) {
        RequestMemory.Lease memory = services.memory().lease();
        StoreEntry entry = new StoreEntry(services.store(), caller.tenant().name());
        RecordedResponse response = RecordedResponses.restored(
                services,
                services.vertx().getOrCreateContext(),
                past,
                memory,
                tally,
                traceId,
                new StartedResponse(entry, pass, memory));
        try {
            memory.take(RequestMemory.ofTokens(services.config().lookAhead(), 0)
                    + RequestMemory.ofText(past.state().told()));
            entry.open(response);
        } catch (Throwable refused) {
            memory.release();
            throw refused;
        }
        if (response.hasEnded()) {
            memory.release();
            entry.ended();
        }
        return response;
    }

    @Override
    public void grew() {
        entry.grew();
    }

    @Override
    public void ended(String outcome, @Nullable ApiException failure) {
        pass.close();
        memory.release();
        entry.ended();
    }
}
