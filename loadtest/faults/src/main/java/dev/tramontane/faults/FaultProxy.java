package dev.tramontane.faults;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between clients and a server, passes bytes on, and does to them what it is told: {@link Fault}s of each
 * direction, that may change while connections are open. Knows nothing of what the bytes mean. Any thread; a virtual
 * thread a direction does the work, so that a thousand connections cost little.
 */
public final class FaultProxy implements AutoCloseable {
    /** Of this machine only: whoever can reach a proxy can reach what is behind it. */
    private static final InetAddress HERE = InetAddress.getLoopbackAddress();

    /** What the kernel may take in on our behalf: little, so that whoever sends into a fault feels it soon. */
    private static final int HELD_BYTES = 8 << 10;

    private final InetSocketAddress target;
    private final ServerSocket listening;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();

    private volatile Fault toClients = Fault.NONE;
    private volatile Fault toServer = Fault.NONE;

    private FaultProxy(InetSocketAddress target, int port) throws IOException {
        this.target = target;
        listening = new ServerSocket();
        listening.setReceiveBufferSize(HELD_BYTES);
        listening.bind(new InetSocketAddress(HERE, port), 1024);
        Thread.ofVirtual().name("fault-proxy").start(this::accept);
    }

    /** Before the server that listens there on this machine, on a free port. */
    public static FaultProxy before(int serverPort) throws IOException {
        return before(new InetSocketAddress(HERE, serverPort), 0);
    }

    /**
     * Before the server at this address.
     *
     * @param port to listen on, on this machine's loopback address; 0 for a free one
     * @throws IOException when the port cannot be had
     */
    public static FaultProxy before(InetSocketAddress server, int port) throws IOException {
        return new FaultProxy(server, port);
    }

    /** Where clients come. */
    public int port() {
        return listening.getLocalPort();
    }

    /** Of what the server sends, from the next piece on, on open connections and new ones. */
    public FaultProxy toClients(Fault fault) {
        toClients = fault;
        return this;
    }

    /** Of what clients send, likewise. */
    public FaultProxy toServer(Fault fault) {
        toServer = fault;
        return this;
    }

    /** Connections that are open on either side. */
    public int open() {
        return links.size();
    }

    /** Resets every connection there is, in the middle of whatever it says. New ones are taken as before. */
    public void resetAll() {
        links.forEach(Link::reset);
    }

    private void accept() {
        while (!listening.isClosed()) {
            Socket client;
            try {
                client = listening.accept();
            } catch (IOException closed) {
                return; // Nothing else ends a listening socket of ours.
            }
            Thread.ofVirtual().name("fault-link").start(() -> connect(client));
        }
    }

    private void connect(Socket client) {
        Socket server = new Socket();
        Link link = new Link(client, server, links::remove);
        links.add(link);
        try {
            server.setReceiveBufferSize(HELD_BYTES);
            server.connect(target);
            link.run(() -> toServer, () -> toClients);
        } catch (IOException unreachable) {
            link.reset(); // As the client would have found without us.
        }
        if (listening.isClosed()) {
            link.reset();
        }
    }

    /** Frees the port and resets what is open. */
    @Override
    public void close() throws IOException {
        listening.close();
        resetAll();
    }
}
