package dev.tramontane.stages;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where heads come: takes each connection as a {@link Strangers stranger}, on a thread of its own, until it is closed, whatever goes wrong with one. */
final class StageDoor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StageDoor.class);
    private static final int BACKLOG = 64;

    private final ServerSocket socket;
    private final Strangers strangers = new Strangers();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final ThreadFactory factory;
    private volatile boolean closed;
    private Thread acceptor = Thread.currentThread();

    /**
     * Listens; {@link #open} lets people in.
     *
     * @param factory makes a connection's thread
     * @throws IOException when it can't listen there
     */
    StageDoor(InetSocketAddress at, ThreadFactory factory) throws IOException {
        this.factory = factory;
        socket = new ServerSocket();
        try {
            socket.setReuseAddress(true);
            socket.bind(at, BACKLOG);
        } catch (IOException | RuntimeException failure) {
            socket.close();
            throw failure;
        }
    }

    /** @param meet serves a stranger as long as it is there; the socket is closed and the place given back when it returns */
    void open(Consumer<Strangers.Stranger> meet) {
        try {
            acceptor = Thread.ofPlatform().daemon().name("stage-accept").start(() -> accept(meet));
        } catch (RuntimeException | Error unable) {
            close(socket);
            throw unable;
        }
    }

    int port() {
        return socket.getLocalPort();
    }

    private void accept(Consumer<Strangers.Stranger> meet) {
        while (!closed) {
            try {
                begin(socket.accept(), meet);
            } catch (InterruptedException ending) {
                return; // Only close() interrupts.
            } catch (IOException failure) {
                if (!closed) {
                    pause("no connection could be taken: " + Words.of(failure)); // Out of descriptors, say.
                }
            } catch (RuntimeException | Error fault) {
                pause("a connection could not be served: " + fault); // Out of threads, say.
            }
        }
    }

    private void begin(Socket plain, Consumer<Strangers.Stranger> meet) throws InterruptedException {
        Strangers.Stranger stranger;
        try {
            stranger = strangers.admit(plain);
        } catch (InterruptedException | RuntimeException | Error failure) {
            close(plain);
            throw failure;
        }
        try {
            Thread thread = factory.newThread(() -> {
                try {
                    meet.accept(stranger);
                } finally {
                    stranger.leave();
                    close(plain);
                    threads.remove(Thread.currentThread());
                }
            });
            threads.add(thread);
            try {
                thread.start();
            } catch (RuntimeException | Error unable) {
                threads.remove(thread);
                throw unable;
            }
        } catch (RuntimeException | Error unable) {
            stranger.leave();
            close(plain);
            throw unable;
        }
    }

    private void pause(String why) {
        LOG.warn("{}", why);
        try {
            Thread.sleep(Duration.ofMillis(100));
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
        }
    }

    static void close(Closeable plain) {
        try {
            plain.close();
        } catch (IOException already) {
            LOG.debug("a socket was closed already", already);
        }
    }

    /** Takes nobody any more. */
    @Override
    public void close() {
        closed = true;
        close(socket);
        acceptor.interrupt();
    }

    /** Waits until everybody has left, after {@link #close}. */
    void join() throws InterruptedException {
        acceptor.join();
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
