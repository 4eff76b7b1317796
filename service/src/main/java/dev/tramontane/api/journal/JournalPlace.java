package dev.tramontane.api.journal;

import dev.tramontane.api.ApiException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where the journal is once there is one: routes are open before the model is known whose answers it keeps. Any thread. */
public final class JournalPlace {
    private volatile @Nullable Journal journal;

    public void open(Journal opened) {
        journal = opened;
    }

    /** Null where there is none, or not yet. */
    public @Nullable Journal journal() {
        return journal;
    }

    /**
     * What is kept here, or what an earlier process left, once it goes on here. On an event loop; so is what follows.
     *
     * @param here looks for what is kept here; null for nothing
     * @return holds null where there is none, and fails with an {@link ApiException} where there is one that cannot be had now
     */
    public <T> Future<@Nullable T> find(
            Vertx vertx, Supplier<@Nullable T> here, String tenant, String id, Journal.Restorer restorer) {
        T known = here.get();
        Journal present = journal;
        if (known != null || present == null) {
            return Future.succeededFuture(known);
        }
        Context loop = vertx.getOrCreateContext();
        Promise<@Nullable T> found = Promise.promise();
        present.bring(tenant, id, restorer)
                .onComplete((brought, refused) -> loop.runOnContext(
                        now -> { // Another request may have asked first, on another event loop.
                            if (refused == null) {
                                found.complete(here.get());
                            } else {
                                found.fail(refused);
                            }
                        }));
        return found.future();
    }
}
