package dev.tramontane.api.ws;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Whose event a socket takes next: the feeds that have one take turns, an event each, for as long as the socket has room.
 * Event loop only.
 */
final class Turns {

    /** The socket. */
    interface Sink {
        void send(String event);

        /** Whether more would only pile up. */
        boolean isFull();

        /** Cuts the connection: an event could not be sent. */
        void cut();
    }

    private final Sink sink;
    private final ArrayDeque<Feed> line = new ArrayDeque<>();
    private boolean running;

    Turns(Sink sink) {
        this.sink = sink;
    }

    /** The feed may have something to send, or to tell. */
    void ready(Feed feed) {
        if (!feed.inLine) {
            feed.inLine = true;
            line.add(feed);
        }
        run();
    }

    /** The socket has room again, if it had none. */
    void run() {
        if (running) {
            return;
        }
        running = true;
        try {
            @Nullable Feed feed;
            while ((feed = next()) != null) {
                take(feed);
            }
        } catch (Throwable fault) { // An event that is lost would be a gap.
            sink.cut();
            throw fault;
        } finally {
            running = false;
        }
    }

    /** The next in line that can do something: to tell of an end takes no room. */
    private @Nullable Feed next() {
        return sink.isFull() ? firstWithoutEvents() : line.poll();
    }

    private @Nullable Feed firstWithoutEvents() {
        for (Feed feed : line) {
            if (!feed.hasNext()) {
                line.remove(feed);
                return feed;
            }
        }
        return null;
    }

    private void take(Feed feed) {
        feed.inLine = false;
        @Nullable String event = sink.isFull() ? null : feed.next();
        if (event != null) {
            sink.send(event);
        }
        if (!feed.hasNext()) {
            feed.tellEnd();
        } else if (!feed.inLine) { // What it was given as it asked for more has put it back in line already.
            feed.inLine = true;
            line.add(feed);
        }
    }
}
