package dev.tramontane.stages;

import dev.tramontane.model.ModelException;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * A stage's process: waits for a head, loads the layers that it orders and computes them. One head at a time; what was loaded stays for the next that orders
 * the same. A head that comes again while its old connection still stands takes its place.
 */
public final class StageServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StageServer.class);

    /** Connections that have not shown who they are. */
    private static final int MOST_STRANGERS = 16;

    private static final int BACKLOG = 64;

    private final ServerSocket socket;
    private final StageSecurity security;
    private final Duration silence;
    private final StageHost host;
    private final Semaphore strangers = new Semaphore(MOST_STRANGERS);
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final Thread acceptor;
    private final StageBeat beat = new StageBeat();
    private volatile boolean closed;

    /** The head that is served, by the name that it gave itself. Guarded by this. */
    private @Nullable Link serving;

    private String head = "";

    /** What is loaded, used by whoever serves. */
    private @Nullable StageOrder loadedOrder;

    private StageHost.@Nullable Hosted loaded;

    /**
     * Listens.
     *
     * @param silence after so long without a byte the head is lost
     * @throws IOException when it can't listen there
     */
    public StageServer(StageAddress listen, StageSecurity security, Duration silence, StageHost host)
            throws IOException {
        this.security = security;
        this.silence = silence;
        this.host = host;
        InetSocketAddress at = listen.resolve();
        security.require(at.getAddress());
        socket = new ServerSocket();
        try {
            socket.setReuseAddress(true);
            socket.bind(at, BACKLOG);
        } catch (IOException | RuntimeException failure) {
            socket.close();
            throw failure;
        }
        acceptor = Thread.ofPlatform().daemon().name("stage-accept").start(this::accept);
    }

    /** The port on which it listens. */
    public int port() {
        return socket.getLocalPort();
    }

    /** Whether the thread that computes moves. */
    public StageBeat beat() {
        return beat;
    }

    private void accept() {
        while (!closed) {
            Socket plain;
            try {
                plain = socket.accept();
            } catch (IOException failure) {
                if (!closed) {
                    LOG.warn("no connection could be taken: {}", Words.of(failure));
                    pause();
                }
                continue;
            }
            if (!strangers.tryAcquire()) {
                close(plain);
                continue;
            }
            Thread thread = Thread.ofPlatform().daemon().name("stage-head").unstarted(() -> meet(plain));
            threads.add(thread);
            thread.start();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(Duration.ofMillis(100)); // Out of descriptors, say.
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        }
    }

    private static void close(Closeable plain) {
        try {
            plain.close();
        } catch (IOException already) {
            LOG.debug("a socket was closed already", already);
        }
    }

    private void meet(Socket plain) {
        boolean stranger = true;
        boolean silent = true;
        try (Link link = new Link(plain, silence)) {
            links.add(link);
            try {
                if (closed) {
                    return;
                }
                link.greet(security::server, Greeting.Role.STAGE, security.secret());
                silent = false;
                StageOrder order = ordered(link);
                strangers.release();
                stranger = false;
                link.established();
                serve(link, order);
            } finally {
                links.remove(link);
            }
        } catch (IOException failure) {
            if (!closed) {
                boolean probe = silent && leftWithoutAWord(failure);
                LOG.atLevel(probe ? Level.DEBUG : Level.INFO)
                        .log("a connection from {} ended: {}", plain.getRemoteSocketAddress(), Words.of(failure));
            }
        } catch (RuntimeException | Error fault) {
            LOG.error("a fault while a head was served; its connection is closed", fault);
        } finally {
            if (stranger) {
                strangers.release();
            }
            close(plain);
            threads.remove(Thread.currentThread());
        }
    }

    /** As who only asks whether the port is open does, every few seconds. */
    private static boolean leftWithoutAWord(IOException failure) {
        return failure instanceof EOFException
                || failure instanceof SocketException
                || (failure instanceof SSLException && failure.getCause() instanceof EOFException);
    }

    private static StageOrder ordered(Link link) throws IOException {
        Kind kind = link.receive(StageOrder.MOST_BYTES, 0);
        if (kind != Kind.ORDER) {
            throw new WireException("a frame " + kind + " came where an order belongs");
        }
        return StageOrder.decode(link.small());
    }

    private void serve(Link link, StageOrder order) throws IOException {
        if (!claim(link, order.head())) {
            link.send(Kind.FAILED, "it computes for another head");
            return;
        }
        try {
            LOG.info("a head orders {}", order.layers());
            StageHost.Hosted hosted;
            try {
                hosted = hosted(link, order);
            } catch (ModelException refused) {
                LOG.warn("refused: {}", refused.getMessage());
                link.send(Kind.REFUSED, String.valueOf(refused.getMessage()));
                return;
            }
            link.send(Kind.DONE, "");
            try {
                new StageSession(link, hosted, beat).run();
            } catch (WireException | EOFException | SocketException | SSLException gone) {
                throw gone;
            } catch (IOException | RuntimeException | Error fault) {
                forget(); // Its device may have failed: whoever comes next gets it loaded anew.
                throw fault;
            }
        } finally {
            beat.rest();
            release(link);
        }
    }

    private StageHost.Hosted hosted(Link link, StageOrder order) {
        StageHost.Hosted there = loaded;
        if (there != null && loadedOrder != null && order.asks(loadedOrder)) {
            return there;
        }
        forget();
        // No beat yet: first every byte of the layers is read and compared, of which nothing is heard.
        StageHost.Hosted fresh = host.open(order, (done, total) -> {
            beat.works();
            try {
                link.send(
                        Kind.LOADING,
                        Fields.room(2 * Long.BYTES).putLong(done).putLong(total).flip(),
                        List.of());
            } catch (IOException gone) {
                LOG.debug("the head is gone while its layers are loaded, which goes on for the next", gone);
            }
        });
        loaded = fresh;
        loadedOrder = order;
        return fresh;
    }

    private void forget() {
        StageHost.Hosted there = loaded;
        loaded = null;
        loadedOrder = null;
        if (there != null) {
            there.close();
        }
    }

    /** Waits until the same head's older connection has ended. */
    private synchronized boolean claim(Link link, String name) {
        while (serving != null) {
            if (!head.equals(name) || closed) {
                return false;
            }
            serving.close();
            try {
                wait();
            } catch (InterruptedException nobodyDoes) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        serving = link;
        head = name;
        return true;
    }

    private synchronized void release(Link link) {
        if (serving == link) {
            serving = null;
        }
        notifyAll();
    }

    /** Ends what is under way, then gives the layers back. */
    @Override
    public void close() {
        closed = true;
        close(socket);
        links.forEach(Link::close);
        try {
            acceptor.join();
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
            return; // Somebody may still compute.
        }
        forget();
    }
}
