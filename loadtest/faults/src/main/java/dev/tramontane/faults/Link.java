package dev.tramontane.faults;

import java.io.IOException;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** One connection: a client's socket, the server's, and a pump in each direction. */
final class Link {
    private final Socket client;
    private final Socket server;
    private final Consumer<Link> whenGone;
    private final AtomicInteger pumping = new AtomicInteger(2);
    private volatile boolean gone;

    Link(Socket client, Socket server, Consumer<Link> whenGone) {
        this.client = client;
        this.server = server;
        this.whenGone = whenGone;
    }

    void run(Supplier<Fault> toServer, Supplier<Fault> toClient) throws IOException {
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        Thread.ofVirtual().name("fault-pump-in").start(() -> pump(new Pump(client, server, toServer)));
        Thread.ofVirtual().name("fault-pump-out").start(() -> pump(new Pump(server, client, toClient)));
    }

    private void pump(Pump pump) {
        try {
            switch (pump.run()) {
                case NONE -> { // The sender has ended; the other direction may go on.
                    if (pumping.decrementAndGet() == 0) {
                        close(false);
                    }
                }
                case BLACK_HOLE -> {} // Both sockets stay as they are, until somebody closes the proxy or resets.
                case RESET -> reset();
                case TRUNCATE -> close(false);
            }
        } catch (IOException broken) {
            if (!pump.isBlackHole()) {
                reset(); // One side is gone, so the other hears of it as it would have.
            }
        } catch (InterruptedException impossible) {
            throw new AssertionError("nobody interrupts a pump", impossible);
        }
    }

    /** Both sides are told at once that the connection is lost. */
    void reset() {
        close(true);
    }

    private void close(boolean hard) {
        if (gone) {
            return;
        }
        gone = true;
        close(client, hard);
        close(server, hard);
        whenGone.accept(this);
    }

    private static void close(Socket socket, boolean hard) {
        try {
            if (hard && !socket.isClosed()) {
                socket.setSoLinger(true, 0);
            }
            socket.close();
        } catch (IOException closed) {
            // It is: the other pump or the kernel was quicker.
        }
    }
}
