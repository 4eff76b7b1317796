package dev.tramontane.api.ws;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.responses.RecordedResponse;
import dev.tramontane.api.responses.ResponseServices;
import dev.tramontane.api.responses.StoredResponse;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers begun elsewhere, or before, that this socket reads again. Event loop of the socket only. */
final class Resumed {
    private final LaneServices services;
    private final List<Feed> feeds = new ArrayList<>();

    Resumed(LaneServices services) {
        this.services = services;
    }

    /** As {@link Lanes#resume}. */
    void begin(ClientMessage.Resume resume) {
        ResponseServices socket = services.socket();
        StoredResponse known = socket.store().find(services.tenant(), resume.responseId());
        if (known == null) {
            throw socket.config()
                    .instance()
                    .elsewhere(resume.responseId(), "response_id")
                    .orElseGet(() -> new ApiException(
                            404,
                            "invalid_request_error",
                            "there is no response with this id that could be read again: it was not to be stored, or is not kept"
                                    + " any more",
                            "response_id",
                            "response_not_found",
                            0));
        }
        if (feeds.size() >= services.limits().activeAnswers()) {
            throw new ApiException(
                    429,
                    "rate_limit_error",
                    "this socket reads " + feeds.size() + " answers again, as many as one may; wait for one to end",
                    "response_id",
                    "too_many_requests",
                    1);
        }
        Reading reading = new Reading(resume.lane());
        Feed feed = new Feed(
                services.context(), known.response(), resume.lane(), resume.demand(), services.turns(), reading);
        reading.feed = feed;
        feeds.add(feed);
        socket.observer().streamOpened(ResponsesRoute.PATH);
        known.response().read(resume.startingAfter()).subscribe(feed);
    }

    /** The end of one of them. */
    private final class Reading implements Feed.Listener {
        private final String lane;
        private @Nullable Feed feed;

        Reading(String lane) {
            this.lane = lane;
        }

        @Override
        public void over(@Nullable Throwable failure) {
            feeds.remove(feed);
            services.socket().observer().streamClosed(ResponsesRoute.PATH, false);
            if (failure != null) {
                services.outlet()
                        .refuse(lane, ApiException.of(failure, services.trace().id()));
            }
            services.whenIdle().run();
        }
    }

    /** Ends the answer with this id; false when none has it. */
    boolean cancel(String id) {
        boolean known = false;
        for (Feed feed : feeds) {
            if (feed.response().id().equals(id)) {
                feed.response().stop(RecordedResponse.Stop.CANCELLED);
                known = true;
            }
        }
        return known;
    }

    /** Lets so many more events of the answer with this id go; false when none has it. */
    boolean demand(String id, long events) {
        boolean known = false;
        for (Feed feed : List.copyOf(feeds)) {
            if (feed.response().id().equals(id)) {
                feed.demand(events);
                known = true;
            }
        }
        return known;
    }

    boolean isIdle() {
        return feeds.isEmpty();
    }

    /** The socket is gone. */
    void abandon() {
        for (Feed feed : feeds) {
            feed.close();
            services.socket().observer().streamClosed(ResponsesRoute.PATH, true);
        }
        feeds.clear();
    }
}
