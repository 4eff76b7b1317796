package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.Caller;
import dev.tramontane.api.Pass;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.Tally;
import dev.tramontane.api.replay.Recording.Keeping;
import dev.tramontane.generation.TextGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What a response over HTTP holds while it is under way, which may be longer than its request: a place of its caller's, its
 * memory and its entry among those that are kept. On its event loop.
 */
final class StartedResponse implements RecordedResponse.Watcher {
    private final ResponseServices services;
    private final String tenant;
    private final Pass pass;
    private final RequestMemory.Lease memory;
    private @Nullable StoredResponse stored;

    private StartedResponse(ResponseServices services, String tenant, Pass pass, RequestMemory.Lease memory) {
        this.services = services;
        this.tenant = tenant;
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
        StartedResponse started = new StartedResponse(services, caller.tenant().name(), pass, memory);
        ResponseEvents events = new ResponseEvents(ResponseIds.next(), create, generator.model(), services.clock());
        RecordedResponse response = new RecordedResponse(
                services.vertx().getOrCreateContext(),
                services.config().lookAhead(),
                keeping(create.delivery()),
                services.replay(),
                create,
                events,
                memory,
                tally,
                trace.id(),
                started);
        memory.take(RequestMemory.ofTokens(services.config().lookAhead(), 0));
        try {
            if (create.delivery().store()) {
                StoredResponse kept = new StoredResponse(response);
                services.store().add(started.tenant, kept);
                started.stored = kept;
            }
        } catch (Throwable refused) {
            memory.release();
            throw refused;
        }
        return response;
    }

    /** Who asks for one answer in one piece and leaves never learns its id, so nothing of it waits for him. */
    private static Keeping keeping(ResponseCreate.Delivery delivery) {
        if (delivery.background()) {
            return Keeping.BACKGROUND;
        }
        return delivery.stream() && delivery.store() ? Keeping.RESUMABLE : Keeping.WHILE_READ;
    }

    @Override
    public void grew() {
        if (stored != null) {
            services.store().changed(tenant, stored);
        }
    }

    @Override
    public void ended(String outcome, @Nullable ApiException failure) {
        pass.close();
        memory.release();
        if (stored == null) {
            return;
        }
        if (stored.response().isAccepted()) {
            services.store().ended(tenant, stored);
        } else {
            services.store().remove(tenant, stored.id()); // It never became a response.
        }
    }
}
