package dev.tramontane.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both ends of a connection in one hand, the proxy between them. */
@Timeout(300) // Only a hang reaches it.
class FaultProxyTest {
    private static final int PATIENCE_MILLIS = 180_000;

    /** For what must not come: too short can only make a test pass, never fail. */
    private static final int GLANCE_MILLIS = 200;

    private ServerSocket listening;
    private FaultProxy proxy;
    private final BlockingQueue<Socket> accepted = new LinkedBlockingQueue<>();

    @BeforeEach
    void listen() throws IOException {
        listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (!listening.isClosed()) {
                try {
                    accepted.add(listening.accept());
                } catch (IOException closed) {
                    return;
                }
            }
        });
        proxy = FaultProxy.before(listening.getLocalPort());
    }

    @AfterEach
    void close() throws IOException {
        proxy.close();
        listening.close();
    }

    private Socket client() throws IOException {
        Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        client.setSoTimeout(PATIENCE_MILLIS);
        return client;
    }

    private Socket server() throws Exception {
        Socket server = accepted.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        assertThat(server).isNotNull();
        server.setSoTimeout(PATIENCE_MILLIS);
        return server;
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ((i * 31) >> 3);
        }
        return bytes;
    }

    private static void send(Socket from, byte[] bytes) {
        Thread.ofVirtual().start(() -> {
            try {
                from.getOutputStream().write(bytes);
                from.shutdownOutput();
            } catch (IOException cut) {
                // The test looks at what came.
            }
        });
    }

    private void waitUntilNoneIsOpen() throws InterruptedException {
        while (proxy.open() > 0) {
            Thread.sleep(1);
        }
    }

    @Test
    void withoutAFaultEveryByteArrivesAndEachSideEndsByItself() throws Exception {
        byte[] much = bytes(300_000);
        try (Socket client = client();
                Socket server = server()) {
            send(client, much);
            assertThat(server.getInputStream().readAllBytes()).isEqualTo(much);
            send(server, much); // The client's end did not end the answer.
            assertThat(client.getInputStream().readAllBytes()).isEqualTo(much);
        }
        waitUntilNoneIsOpen();
    }

    @Test
    void delayAndThrottleChangeTheTimeAndNoByte() throws Exception {
        byte[] some = bytes(20_000);
        proxy.toClients(Fault.NONE.delayed(Duration.ofMillis(20)).throttled(100_000));
        try (Socket client = client();
                Socket server = server()) {
            long began = System.nanoTime();
            send(server, some);
            assertThat(client.getInputStream().readAllBytes()).isEqualTo(some);
            // Sleeping is never shorter than it was asked to be: 200 ms of bytes, and three pieces held.
            assertThat(System.nanoTime() - began)
                    .isGreaterThan(Duration.ofMillis(220).toNanos());
        }
    }

    @Test
    void truncatingPassesExactlySoManyBytesAndEndsInOrder() throws Exception {
        for (int after : new int[] {0, 1, Fault.PIECE - 1, Fault.PIECE, Fault.PIECE + 1, 50_000}) {
            proxy.toClients(Fault.NONE.ending(Fault.End.TRUNCATE, after));
            try (Socket client = client();
                    Socket server = server()) {
                send(server, bytes(100_000));
                assertThat(client.getInputStream().readAllBytes()).isEqualTo(Arrays.copyOf(bytes(100_000), after));
            }
        }
    }

    @Test
    void resettingResetsBothSides() throws Exception {
        proxy.toClients(Fault.NONE.ending(Fault.End.RESET, 10));
        try (Socket client = client();
                Socket server = server()) {
            server.getOutputStream().write(bytes(20));
            assertThatThrownBy(() -> client.getInputStream().readAllBytes()).isInstanceOf(SocketException.class);
            assertThatThrownBy(() -> server.getInputStream().readAllBytes()).isInstanceOf(SocketException.class);
        }
        waitUntilNoneIsOpen();
    }

    @Test
    void aBlackHoleTellsNobodyAnything() throws Exception {
        Fault hole = Fault.NONE.ending(Fault.End.BLACK_HOLE, 3);
        proxy.toClients(hole).toServer(hole);
        Socket client = client();
        try (Socket server = server()) {
            server.getOutputStream().write(bytes(5));
            assertThat(client.getInputStream().readNBytes(3)).isEqualTo(bytes(3));
            client.getOutputStream().write(bytes(5));
            assertThat(server.getInputStream().readNBytes(3)).isEqualTo(bytes(3));
            client.close(); // Not even this is heard of.
            server.setSoTimeout(GLANCE_MILLIS);
            assertThatThrownBy(() -> server.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            assertThat(proxy.open()).isOne();
        }
    }

    @Test
    void aFaultMayComeAndGoWhileAConnectionIsOpen() throws Exception {
        try (Socket client = client();
                Socket server = server()) {
            server.getOutputStream().write(1);
            assertThat(client.getInputStream().read()).isEqualTo(1);
            proxy.toClients(Fault.NONE.ending(Fault.End.RESET, 1)); // It has had one byte.
            server.getOutputStream().write(2);
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
        proxy.toClients(Fault.NONE);
        try (Socket client = client();
                Socket server = server()) {
            server.getOutputStream().write(3);
            assertThat(client.getInputStream().read()).isEqualTo(3);
            proxy.resetAll();
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
    }

    private static void resets(InetSocketAddress nobody) throws IOException {
        try (FaultProxy nowhere = FaultProxy.before(nobody, 0);
                Socket client = new Socket(InetAddress.getLoopbackAddress(), nowhere.port())) {
            client.setSoTimeout(PATIENCE_MILLIS);
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void aServerThatIsNotThereIsAReset() throws Exception {
        // Bound, so that nobody else comes to listen there, and not listening.
        try (Socket bound = new Socket()) {
            bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            resets(new InetSocketAddress(InetAddress.getLoopbackAddress(), bound.getLocalPort()));
        }
        resets(InetSocketAddress.createUnresolved("no-such-host.invalid", 1));
    }

    @Test
    void faultsThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> Fault.NONE.throttled(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Fault.NONE.delayed(Duration.ofMillis(-1))).hasMessageContaining("-1 ms");
        assertThatThrownBy(() -> Fault.NONE.ending(Fault.End.RESET, -1)).hasMessageContaining("-1 bytes");
    }
}
