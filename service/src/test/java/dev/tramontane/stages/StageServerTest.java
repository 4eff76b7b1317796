package dev.tramontane.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tramontane.model.ModelException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A stage's process seen from its door: who comes in, whatever others do there, and what becomes of those who wait. */
final class StageServerTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final StageSecurity SECRET =
            new StageSecurity(null, "a secret that both sides have got".getBytes(StandardCharsets.UTF_8));
    private static final StageOrder ORDER = ServedStages.order("head", ServedStages.LAYERS);

    @RegisterExtension
    private final ServedStages served = new ServedStages();

    private StageServer serve(Duration silence) throws IOException {
        return served.serve(0, SECRET, silence);
    }

    /** Whoever does not greet stays, unless his place is needed. */
    private StageServer patient() throws IOException {
        return served.closing(new StageServer(
                new StageAddress("localhost", 0), SECRET, LONG, served.host, Duration.ofMinutes(10), Thread::new));
    }

    private RemoteStage head(StageServer server, StageOrder order, Duration silence) {
        return served.head(server.port(), SECRET, order, silence);
    }

    /** A connection that says nothing, from an address of loopback's network. */
    private Socket stranger(StageServer server, int number) throws IOException {
        Socket socket = served.closing(new Socket());
        socket.bind(new InetSocketAddress("127.0.0." + number, 0));
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
        assertThat(socket.getInputStream().read()).isEqualTo('T'); // It has its place, and was greeted.
        return socket;
    }

    /** Until the stage has left it. */
    private static void assertLeft(Socket socket) throws IOException {
        try {
            while (socket.getInputStream().read() >= 0) {
                // The greeting.
            }
        } catch (IOException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
    }

    private static void assertThere(Socket socket) throws IOException {
        socket.setSoTimeout(1);
        assertThatThrownBy(() -> {
                    while (socket.getInputStream().read() >= 0) {
                        // The greeting.
                    }
                })
                .isInstanceOf(java.net.SocketTimeoutException.class);
    }

    @Test
    void whoOnlyHoldsPlacesKeepsNobodyOut() throws Exception {
        StageServer server = patient();
        List<Socket> first = new ArrayList<>();
        for (int i = 0; i < Strangers.MOST; i++) {
            first.add(stranger(server, 2));
        }
        head(server, ORDER, LONG).awaitReady(LONG);
        assertLeft(first.getFirst());
    }

    @Test
    void whoFillsThePlacesPushesOutHisOwn() throws Exception {
        StageServer server = patient();
        Socket modest = stranger(server, 3);
        List<Socket> many = new ArrayList<>();
        for (int i = 0; i < Strangers.MOST + 9; i++) {
            many.add(stranger(server, 2));
        }
        for (int i = 0; i < 10; i++) {
            assertLeft(many.get(i));
        }
        assertThere(modest);
        assertThere(many.get(10));
    }

    /** In a warning: by it an operator finds them. */
    @Test
    void wherePeopleComeFromIsToldAsTheyWriteIt() throws IOException {
        assertThat(Strangers.site(InetAddress.getByName("192.0.2.7"))).isEqualTo("192.0.2.7");
        assertThat(Strangers.site(InetAddress.getByName("2001:db8:0:12:3::9")))
                .isEqualTo(Strangers.site(InetAddress.getByName("2001:db8:0:12::1")))
                .isEqualTo("2001:db8:0:12:0:0:0:0/64");
    }

    /** Their time is short, however long a head that is known may be silent. */
    @Test
    void whoDoesNotGreetIsLeft() throws Exception {
        assertThat(Vigil.GREETING).isLessThan(LONG);
        StageServer server = serve(Duration.ofMillis(300));
        assertLeft(stranger(server, 2));
        head(server, ORDER, LONG).awaitReady(LONG);
    }

    @Test
    void threadsThatCannotBeHadAreAskedForAgain() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        ThreadFactory few = work -> {
            if (asked.incrementAndGet() <= 2) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            return new Thread(work);
        };
        StageServer server = served.closing(
                new StageServer(new StageAddress("localhost", 0), SECRET, LONG, served.host, Vigil.GREETING, few));
        head(server, ORDER, LONG).awaitReady(LONG);
        assertThat(asked).hasValue(3);
    }

    @Test
    void longRefusalsAreCutAndHeard() throws Exception {
        served.host.refusal = "it has not got " + "é".repeat(5_000);
        StageOrder other = new StageOrder("head", "1.0", 11, "cpu", -1, "", ServedStages.LAYERS, "4567");
        RemoteStage stage = head(serve(LONG), other, LONG);
        assertThatThrownBy(() -> stage.awaitReady(LONG))
                .isExactlyInstanceOf(ModelException.class)
                .hasMessageContaining("is not there: it has not got éé")
                .hasMessageEndingWith("é (cut)")
                .satisfies(refused -> assertThat(
                                String.valueOf(refused.getMessage()).getBytes(StandardCharsets.UTF_8))
                        .hasSizeBetween(Words.MOST_BYTES, Words.MOST_BYTES + 100));
    }

    /** Each side says as often that it lives as the other one needs to hear it, whatever its own patience. */
    @Test
    void patienceOfTwoKindsLosesNobody() throws Exception {
        StageServer server = serve(Duration.ofMinutes(10));
        try (Link link = new Link(new Socket(InetAddress.getLoopbackAddress(), server.port()), Duration.ofSeconds(2))) {
            link.greet(plain -> plain, Greeting.Role.HEAD, SECRET.secret());
            link.established();
            link.send(Kind.ORDER, ORDER.encode(), List.of());
            Thread reader = Thread.ofPlatform().daemon().start(() -> hear(link));
            await().until(() -> link.bytesIn() > 7 * FrameWriter.HEADER);
            assertThat(reader.isAlive()).isTrue();
        }
    }

    private static void hear(Link link) {
        try {
            while (true) {
                link.receive(Words.MOST_BYTES, 0);
            }
        } catch (IOException closed) {
            assertThat(closed).isNotNull();
        }
    }
}
