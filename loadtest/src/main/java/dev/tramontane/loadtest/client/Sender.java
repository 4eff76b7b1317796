package dev.tramontane.loadtest.client;

/** Sends requests from one event loop and reads their answers there. */
public interface Sender {
    /** Sends it now; all that comes of it is told to the exchange. On the sender's event loop. */
    void send(Exchange exchange);
}
