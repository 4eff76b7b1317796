package dev.tramontane.stages;

import dev.tramontane.model.Heartbeat;
import dev.tramontane.model.ModelException;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * A stage's process: waits for a head, loads the layers that it orders and computes them. One head at a time; what was loaded stays for the next that orders
 * the same. A head that comes again while its old connection still stands takes its place.
 */
public final class StageServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StageServer.class);

    private final StageDoor door;
    private final StageSecurity security;
    private final Duration silence;
    private final Duration greeting;
    private final KeptLayers layers;
    private final HeadSeat seat = new HeadSeat();
    private final Heartbeat heartbeat = new Heartbeat();
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * Listens.
     *
     * @param silence after so long without a byte the head is lost
     * @throws IOException when it can't listen there
     */
    public StageServer(StageAddress listen, StageSecurity security, Duration silence, StageHost host)
            throws IOException {
        this(
                listen,
                security,
                silence,
                host,
                Vigil.greeting(silence),
                Thread.ofPlatform().daemon().name("stage-head").factory());
    }

    /**
     * @param greeting of whoever comes may take so long
     * @param threads makes the thread of each connection
     */
    StageServer(
            StageAddress listen,
            StageSecurity security,
            Duration silence,
            StageHost host,
            Duration greeting,
            ThreadFactory threads)
            throws IOException {
        this.greeting = greeting;
        this.security = security;
        this.silence = silence;
        layers = new KeptLayers(host);
        InetSocketAddress at = listen.resolve();
        security.require(at.getAddress());
        door = new StageDoor(at, threads);
        door.open(this::meet);
    }

    /** The port on which it listens. */
    public int port() {
        return door.port();
    }

    /** Whether the thread that computes moves. */
    public Heartbeat heartbeat() {
        return heartbeat;
    }

    private void meet(Strangers.Stranger stranger) {
        boolean silent = true;
        try (Link link = new Link(stranger.socket(), silence, greeting)) {
            links.add(link);
            try {
                if (closed) {
                    return;
                }
                link.greet(security::server, Greeting.Role.STAGE, security.secret());
                silent = false;
                StageOrder order = ordered(link);
                stranger.leave(); // Its place among them, for it is known now.
                link.established();
                serve(link, order);
            } finally {
                links.remove(link);
            }
        } catch (IOException failure) {
            if (!closed) {
                boolean probe = stranger.pushedOut() || (silent && leftWithoutAWord(failure));
                LOG.atLevel(probe ? Level.DEBUG : Level.INFO)
                        .log("a connection from {} ended: {}", stranger.from(), Words.of(failure));
            }
        } catch (RuntimeException | Error fault) {
            LOG.error("a fault while the head at {} was served; its connection is closed", stranger.from(), fault);
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
        if (!seat.claim(link, order.head())) {
            link.send(Kind.FAILED, "it computes for another head");
            return;
        }
        try {
            LOG.info("a head orders {}", order.layers());
            StageHost.Hosted hosted;
            try {
                // Not at work yet: first every byte of the layers is read and compared, of which nothing is heard.
                hosted = layers.of(order, (done, total) -> progress(link, done, total));
            } catch (ModelException refused) {
                LOG.warn("refused: {}", refused.getMessage());
                link.send(Kind.REFUSED, String.valueOf(refused.getMessage()));
                return;
            }
            link.send(Kind.DONE, "");
            try {
                new StageSession(link, hosted, heartbeat).run();
            } catch (WireException | EOFException | SocketException | SSLException gone) {
                throw gone;
            } catch (IOException | RuntimeException | Error fault) {
                layers.forget(); // Its device may have failed: whoever comes next gets it loaded anew.
                throw fault;
            }
        } finally {
            heartbeat.rest(true);
            seat.release(link);
        }
    }

    private void progress(Link link, long done, long total) {
        heartbeat.rest(false);
        heartbeat.beat();
        try {
            link.send(
                    Kind.LOADING,
                    Fields.room(2 * Long.BYTES).putLong(done).putLong(total).flip(),
                    List.of());
        } catch (IOException gone) {
            LOG.debug("the head is gone while its layers are loaded, which goes on for the next", gone);
        }
    }

    /** Ends what is under way, then gives the layers back. */
    @Override
    public void close() {
        closed = true;
        seat.close();
        door.close();
        links.forEach(Link::close);
        try {
            door.join();
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
            return; // Somebody may still compute.
        }
        layers.forget();
    }
}
