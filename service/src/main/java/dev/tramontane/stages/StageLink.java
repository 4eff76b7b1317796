package dev.tramontane.stages;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The head's end of a connection to a stage, made again whenever it breaks, by a thread of its own. */
final class StageLink {
    private static final Logger LOG = LoggerFactory.getLogger(StageLink.class);
    private static final long FIRST_WAIT = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long LONGEST_WAIT = TimeUnit.SECONDS.toNanos(5);

    /** Who hears of the stage, on the link's thread. */
    interface Driver {
        /** It has loaded what was ordered. */
        void ready(Link link);

        /**
         * It says that something is done, or why not. The bulk is the driver's to read.
         *
         * @throws IOException when that is no answer to what was asked
         */
        void answered(Link link, Kind kind) throws IOException;

        /**
         * It is not there.
         *
         * @param forGood it was there and said that it can't be what was ordered
         */
        void lost(String why, boolean forGood);
    }

    private final StageAddress address;
    private final StageSecurity security;
    private final StageOrder order;
    private final Duration silence;
    private final StageObserver observer;
    private final Driver driver;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile @Nullable Link link;
    private volatile @Nullable Socket connecting;
    private long stepBegun;
    private long countedIn;
    private long countedOut;
    private String said = "";

    StageLink(
            StageAddress address,
            StageSecurity security,
            StageOrder order,
            Duration silence,
            StageObserver observer,
            Driver driver) {
        this.address = address;
        this.security = security;
        this.order = order;
        this.silence = silence;
        this.observer = observer;
        this.driver = driver;
        thread = Thread.ofPlatform().daemon().name("stage-" + address).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    StageAddress address() {
        return address;
    }

    private void run() {
        long wait = FIRST_WAIT;
        boolean everReady = false;
        while (closing.getCount() > 0) {
            boolean wasReady = false;
            boolean forGood = false;
            String why;
            try (Link fresh = connect()) {
                link = fresh;
                forGood = !order(fresh);
                why = fresh.words();
                if (!forGood) {
                    wasReady = true;
                    wait = FIRST_WAIT;
                    said = "";
                    LOG.info("stage {} is ready: {}", address, order.layers());
                    observer.ready(address.toString());
                    driver.ready(fresh);
                    why = listen(fresh);
                }
            } catch (IOException failure) {
                why = Words.of(failure);
            } catch (RuntimeException | Error fault) {
                LOG.error("the link to stage {} met a fault of this program's", address, fault);
                why = "a fault of the head's: " + fault;
            }
            link = null;
            if (closing.getCount() == 0) {
                why = "the server is shutting down";
            }
            everReady |= wasReady;
            String told = "stage " + address
                    + (wasReady ? " was lost: " : everReady ? " is not back: " : " is not there: ") + why;
            tell(told, wasReady);
            driver.lost(told, forGood);
            wait = pause(wait);
        }
    }

    private void tell(String words, boolean wasReady) {
        if (wasReady) {
            observer.lost(address.toString());
        }
        if (!words.equals(said) && closing.getCount() > 0) {
            said = words;
            LOG.warn("{}; trying again", words);
        }
    }

    /** Returns how long to wait after that. */
    private long pause(long wait) {
        try {
            closing.await(wait, TimeUnit.NANOSECONDS);
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        }
        return Math.min(LONGEST_WAIT, 2 * wait);
    }

    private Link connect() throws IOException {
        InetSocketAddress at = address.resolve();
        security.require(at.getAddress());
        Socket socket = new Socket();
        connecting = socket;
        try {
            if (closing.getCount() == 0) { // Else whoever closes sees the socket.
                throw new WireException("the server is shutting down");
            }
            socket.connect(at, (int) Math.min(Integer.MAX_VALUE, Math.max(1, silence.toMillis())));
            Link fresh = new Link(socket, silence);
            try {
                fresh.greet(plain -> security.client(plain, address), Greeting.Role.HEAD, security.secret());
                fresh.established();
                return fresh;
            } catch (IOException | RuntimeException | Error failure) {
                fresh.close();
                throw failure;
            }
        } catch (IOException | RuntimeException | Error failure) {
            socket.close();
            throw failure;
        }
    }

    /** @return whether the stage is what was ordered; else its words say why not */
    private boolean order(Link fresh) throws IOException {
        fresh.send(Kind.ORDER, order.encode(), List.of());
        while (true) {
            Kind kind = fresh.receive(Words.MOST_BYTES, 0);
            switch (kind) {
                case LOADING -> {}
                case DONE -> {
                    return true;
                }
                case REFUSED -> {
                    return false;
                }
                case FAILED -> throw new WireException(fresh.words());
                default -> throw new WireException("it answered an order with a frame " + kind);
            }
        }
    }

    private String listen(Link fresh) throws IOException {
        countedIn = fresh.bytesIn();
        countedOut = fresh.bytesOut();
        while (true) {
            Kind kind = fresh.receive(Words.MOST_BYTES, Integer.MAX_VALUE);
            switch (kind) {
                case DONE, REFUSED -> driver.answered(fresh, kind);
                case FAILED -> {
                    return fresh.words();
                }
                default -> throw new WireException("a frame " + kind + " came where an answer belongs");
            }
        }
    }

    /** A step begins. The driver's thread. */
    void stepBegins() {
        stepBegun = System.nanoTime();
    }

    /** A step is done. The link's thread. */
    void stepped(Link from, long computed) {
        long in = from.bytesIn();
        long out = from.bytesOut();
        observer.step(address.toString(), System.nanoTime() - stepBegun, computed, out - countedOut, in - countedIn);
        countedIn = in;
        countedOut = out;
    }

    /** Breaks the connection off and waits until nothing is touched any more. */
    void close() {
        closing.countDown();
        Link now = link;
        if (now != null) {
            now.close();
        }
        Socket socket = connecting;
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException already) {
                LOG.debug("a socket was closed already", already);
            }
        }
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        }
    }

    /** Small data of {@link Kind#DONE} for a step: the nanoseconds that it took. */
    static ByteBuffer took(long nanos) {
        return Fields.room(Long.BYTES).putLong(nanos).flip();
    }
}
