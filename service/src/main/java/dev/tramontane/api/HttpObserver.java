package dev.tramontane.api;

/** What metrics see of the HTTP service. Called on event loops; must not block. Every method does nothing by default. */
public interface HttpObserver {

    /** Sees nothing. */
    HttpObserver NONE = new HttpObserver() {};

    /**
     * A response has ended, or its connection has closed before it could.
     *
     * @param route the route's path as declared, "unmatched" for none: a bounded set
     * @param status as sent; 499 when the client went away before there was any
     * @param nanos since the request's head came in
     */
    default void requestEnded(String route, String method, int status, long nanos) {}

    /**
     * A request was answered by an error, whatever its protocol.
     *
     * @param reason the error's code, or a word for those that have none: a bounded set
     */
    default void refused(String reason) {}

    /** A stream of events has begun. */
    default void streamOpened(String route) {}

    /** A stream of events is over. {@code disconnected}: the client went away before its end. */
    default void streamClosed(String route, boolean disconnected) {}

    default void connectionOpened() {}

    default void connectionClosed() {}

    /** A connection above the limit was refused: closed at once, or told so when it asked. */
    default void connectionRefused() {}
}
