package dev.tramontane.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tramontane.faults.Fault;
import dev.tramontane.faults.FaultProxy;
import dev.tramontane.fixtures.Ports;
import dev.tramontane.fixtures.TestCertificates;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.StageLostException;
import dev.tramontane.model.StageStep;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stage behind a real connection: the same results, and what becomes of it when the other side goes, is cut off, stands still or is somebody else. */
final class RemoteStageTest {
    private static final Duration LONG = Duration.ofMinutes(2);

    /** So that a machine that is busy elsewhere for some tenths of a second is not taken for one that is away. */
    private static final Duration SHORT = Duration.ofSeconds(1);

    private static final Duration MOMENT = Duration.ofMillis(50);
    private static final byte[] SECRET = "a secret that both sides have got".getBytes(StandardCharsets.UTF_8);
    private static final LayerRange LAYERS = ServedStages.LAYERS;

    @RegisterExtension
    private final ServedStages served = new ServedStages();

    private final JavaHost host = served.host;

    private RemoteStage ready(int port, StageSecurity security, Duration silence) throws InterruptedException {
        RemoteStage stage = served.head(port, security, ServedStages.order("head", LAYERS), silence);
        stage.awaitReady(LONG);
        stage.sizeCache(Steps.SHAPE);
        return stage;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void computesWhatItWouldHere(int first) throws Exception {
        int port = served.serve(0, StageSecurity.NONE, LONG).port();
        LayerRange layers = new LayerRange(first, first + 2);
        RemoteStage stage = served.head(port, StageSecurity.NONE, ServedStages.order("head", layers), LONG);
        stage.awaitReady(LONG);
        assertThat(stage.layers()).isEqualTo(layers);
        stage.sizeCache(Steps.SHAPE);
        Steps.assertSame(ServedStages.here(layers), stage, layers, 7);
        stage.sizeCache(Steps.SHAPE); // All is empty again.
        Steps.assertSame(ServedStages.here(layers), stage, layers, 8);
    }

    @Test
    void whatTheStageRefusesLeavesItAsItWas() throws Exception {
        int port = served.serve(0, StageSecurity.NONE, LONG).port();
        RemoteStage stage = ready(port, StageSecurity.NONE, LONG);
        StageStep step = new StageStep(Steps.WIDTH);
        Steps.fill(step, new SplittableRandom(1), false, 0);
        step.addEdit(0, 0, 0, 1_000);
        stage.submit(step);
        assertThatThrownBy(() -> Steps.finish(stage))
                .isExactlyInstanceOf(ModelException.class)
                .hasMessage("stage localhost:" + port + ": the step was refused: an edit's page");
        assertThatThrownBy(() -> stage.readPage(1, 99, ByteBuffer.allocateDirect(512)))
                .isExactlyInstanceOf(ModelException.class)
                .hasMessageContaining("there is no page 99");
        host.mostRows = 3;
        assertThatThrownBy(() -> stage.sizeCache(Steps.SHAPE)).hasMessageContaining("no memory for so many rows");
        host.mostRows = 1000;
        stage.sizeCache(Steps.SHAPE);
        Steps.assertSame(ServedStages.here(LAYERS), stage, LAYERS, 3);
    }

    @Test
    void anotherModelIsRefusedByName() throws Exception {
        int port = served.serve(0, StageSecurity.NONE, LONG).port();
        StageOrder other = new StageOrder("head", "1.0", 11, "cpu", -1, "", LAYERS, "4567");
        assertThatThrownBy(
                        () -> served.head(port, StageSecurity.NONE, other, LONG).awaitReady(LONG))
                .isExactlyInstanceOf(ModelException.class)
                .hasMessage("stage localhost:" + port + " is not there: its weights are others");
    }

    /** Also while nothing is asked of it; what it held is gone even if it is back at once. */
    @Test
    void aStageThatDiesIsLostUntilItIsBackAndThenEmpty() throws Exception {
        int port = Ports.free(); // Which no connection takes meanwhile.
        StageServer server = served.serve(port, StageSecurity.NONE, LONG);
        RemoteStage stage = ready(port, StageSecurity.NONE, LONG);
        AtomicInteger changes = new AtomicInteger();
        stage.onChange(changes::incrementAndGet);
        stage.check();
        server.close();
        assertThat(host.stages.getFirst().isClosed()).isTrue();
        await().untilAsserted(() -> assertThatThrownBy(stage::check)
                .isInstanceOf(StageLostException.class)
                .hasMessageContaining("stage localhost:" + port));
        assertThat(changes).hasPositiveValue();
        await().until(() -> !recovers(stage));
        served.serve(port, StageSecurity.NONE, LONG);
        await().until(() -> recovers(stage));
        stage.sizeCache(Steps.SHAPE);
        Steps.assertSame(ServedStages.here(LAYERS), stage, LAYERS, 4);
    }

    private static boolean recovers(RemoteStage stage) {
        try {
            return stage.recover();
        } catch (StageLostException still) {
            assertThat(still).hasMessageContaining("stage localhost:");
            return false;
        }
    }

    @Test
    void aStepUnderWayEndsWithTheConnection() throws Exception {
        StageServer server = served.serve(0, StageSecurity.NONE, LONG);
        FaultProxy proxy = served.closing(FaultProxy.before(server.port()));
        RemoteStage stage = ready(proxy.port(), StageSecurity.NONE, LONG);
        CountDownLatch gate = new CountDownLatch(1);
        host.stages.getFirst().gate(gate);
        StageStep step = new StageStep(Steps.WIDTH);
        Steps.fill(step, new SplittableRandom(1), false, 0);
        stage.submit(step);
        assertThat(stage.await(1_000)).isFalse();
        proxy.resetAll();
        assertThatThrownBy(() -> Steps.finish(stage))
                .isInstanceOf(StageLostException.class)
                .hasMessageContaining("was lost: ");
        gate.countDown();
        await().until(() -> recovers(stage));
        stage.sizeCache(Steps.SHAPE);
        Steps.assertSame(ServedStages.here(LAYERS), stage, LAYERS, 5);
        assertThat(host.stages).as("what was loaded stays").hasSize(1);
    }

    /** Another stage of the chain was lost while this one computed. */
    @Test
    void aStageThatComputesIsBackWhenItHasDoneSo() throws Exception {
        int port = served.serve(0, StageSecurity.NONE, LONG).port();
        RemoteStage stage = ready(port, StageSecurity.NONE, LONG);
        CountDownLatch gate = new CountDownLatch(1);
        host.stages.getFirst().gate(gate);
        StageStep step = new StageStep(Steps.WIDTH);
        Steps.fill(step, new SplittableRandom(1), false, 0);
        stage.submit(step);
        assertThat(recovers(stage)).isFalse();
        gate.countDown();
        await().until(() -> recovers(stage));
        stage.sizeCache(Steps.SHAPE);
        Steps.assertSame(ServedStages.here(LAYERS), stage, LAYERS, 5);
        stage.check();
    }

    /** A pulled cable, or a process that was stopped: nobody is told, both sides find out. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStageThatIsSilentIsLost(boolean bothWays) throws Exception {
        StageServer server = served.serve(0, StageSecurity.NONE, SHORT);
        FaultProxy proxy = served.closing(FaultProxy.before(server.port()));
        RemoteStage stage = served.head(proxy.port(), StageSecurity.NONE, ServedStages.order("head", LAYERS), SHORT);
        stage.awaitReady(LONG);
        await().until(() -> computesAgain(stage));
        proxy.toClients(Fault.NONE.ending(Fault.End.BLACK_HOLE, 0));
        if (bothWays) {
            proxy.toServer(Fault.NONE.ending(Fault.End.BLACK_HOLE, 0));
        }
        await().untilAsserted(() -> assertThatThrownBy(stage::check).hasMessageContaining("stage localhost:"));
        proxy.toClients(Fault.NONE).toServer(Fault.NONE);
        await().until(() -> computesAgain(stage));
    }

    /** Where silence is short a machine that stands still loses the stage again: it comes back then, too. */
    private static boolean computesAgain(RemoteStage stage) {
        try {
            if (!stage.recover()) {
                return false;
            }
            stage.sizeCache(Steps.SHAPE);
            Steps.assertSame(ServedStages.here(LAYERS), stage, LAYERS, 6);
            return true;
        } catch (StageLostException again) {
            return false;
        }
    }

    /** Also where not even a pulse has room any more: the thread that looks must not wait for that. */
    @Test
    void whoTakesNothingIsLostWhenAPulseFindsNoRoom() throws Exception {
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                SocketChannel channel = SocketChannel.open(listening.getLocalSocketAddress());
                Socket other = listening.accept();
                Link link = new Link(channel.socket(), Duration.ofSeconds(3))) {
            Thread greeting = Thread.ofPlatform().start(() -> {
                try {
                    Greeting.exchange(other.getInputStream(), other.getOutputStream(), Greeting.Role.STAGE, null, LONG);
                } catch (IOException failure) {
                    throw new UncheckedIOException(failure);
                }
            });
            link.greet(plain -> plain, Greeting.Role.HEAD, null);
            greeting.join();
            channel.configureBlocking(false);
            ByteBuffer words = ByteBuffer.allocate(1 << 16);
            while (channel.write(words.clear()) > 0) {
                // Until all buffers are full.
            }
            channel.configureBlocking(true);
            link.established();
            assertThatThrownBy(() -> link.receive(0, 0)).hasMessageContaining("for 3 s");
        }
    }

    /** A slow network is not a lost stage: bytes pass, and pulses. */
    @Test
    void aSlowNetworkLosesNothing() throws Exception {
        StageServer server = served.serve(0, StageSecurity.NONE, Duration.ofSeconds(5));
        FaultProxy proxy = served.closing(FaultProxy.before(server.port()));
        Fault slow = Fault.NONE.delayed(Duration.ofMillis(2)).throttled(400_000);
        proxy.toClients(slow).toServer(slow);
        RemoteStage stage = ready(proxy.port(), StageSecurity.NONE, Duration.ofSeconds(5));
        Steps.assertSame(ServedStages.here(LAYERS), stage, LAYERS, 9);
        stage.check();
    }

    @Test
    void oneHeadAtATimeAndTheSameComesBackAtOnce() throws Exception {
        int port = served.serve(0, StageSecurity.NONE, LONG).port();
        RemoteStage first = ready(port, StageSecurity.NONE, LONG);
        RemoteStage second = served.head(port, StageSecurity.NONE, ServedStages.order("another", LAYERS), LONG);
        await().untilAsserted(() -> assertThatThrownBy(() -> second.awaitReady(MOMENT))
                .hasMessageContaining("it computes for another head"));
        first.check();
        RemoteStage again = ready(port, StageSecurity.NONE, LONG); // By the same name.
        await().untilAsserted(() -> assertThatThrownBy(first::check).isInstanceOf(StageLostException.class));
        first.close();
        again.close();
        second.awaitReady(LONG);
    }

    @ParameterizedTest
    @ValueSource(strings = {"other", "none", "only here"})
    void withoutTheSecretNobodyComesIn(String kind) throws Exception {
        StageSecurity own = new StageSecurity(null, SECRET);
        StageSecurity other = switch (kind) {
            case "other" ->
                new StageSecurity(null, "another secret, which is as long as it".getBytes(StandardCharsets.UTF_8));
            default -> StageSecurity.NONE;
        };
        boolean swapped = kind.equals("only here");
        int port = served.serve(0, swapped ? other : own, LONG).port();
        RemoteStage refused = served.head(port, swapped ? own : other, ServedStages.order("head", LAYERS), LONG);
        await().untilAsserted(() ->
                assertThatThrownBy(() -> refused.awaitReady(MOMENT)).hasMessageContaining("shared secret"));
        assertThat(host.stages).isEmpty();
        if (!swapped) {
            Steps.assertSame(ServedStages.here(LAYERS), ready(port, own, LONG), LAYERS, 1);
        }
    }

    /** Nothing that a stranger says is parsed, whatever it is, and whoever says nothing is left. */
    @Test
    void strangersAreLeftAndTakeNoPlaces() throws Exception {
        StageServer server = served.serve(0, new StageSecurity(null, SECRET), SHORT);
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 60; i++) {
            try (Socket stranger = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                byte[] words = new byte[random.nextInt(200)];
                random.nextBytes(words);
                if (i % 3 == 0 && words.length > 8) {
                    System.arraycopy(new byte[] {'T', 'M', 'S', 'T', 1, 0, 1, 1}, 0, words, 0, 8);
                }
                try {
                    stranger.getOutputStream().write(words);
                    if (i % 5 == 0) { // This one waits until it is left.
                        InputStream in = stranger.getInputStream();
                        while (in.read() >= 0) {
                            // The stage's greeting.
                        }
                    }
                } catch (IOException reset) {
                    assertThat(reset).isNotNull();
                }
            }
        }
        assertThat(host.stages).isEmpty();
        RemoteStage stage =
                served.head(server.port(), new StageSecurity(null, SECRET), ServedStages.order("head", LAYERS), SHORT);
        stage.awaitReady(LONG);
        await().until(() -> computesAgain(stage));
    }

    /** Who is let in may still say nonsense: its connection ends, and the next head finds all as it was. */
    @Test
    void framesThatMakeNoSenseEndTheirConnectionOnly() throws Exception {
        int port = served.serve(0, StageSecurity.NONE, LONG).port();
        SplittableRandom random = new SplittableRandom(4);
        List<Kind> kinds = List.of(Kind.values());
        for (int i = 0; i < 60; i++) {
            try (Link link = new Link(new Socket(InetAddress.getLoopbackAddress(), port), LONG)) {
                link.greet(plain -> plain, Greeting.Role.HEAD, null);
                link.established();
                link.send(Kind.ORDER, ServedStages.order("head", LAYERS).encode(), List.of());
                assertThat(link.receive(4096, 0)).isEqualTo(i == 0 ? Kind.LOADING : Kind.DONE);
                if (random.nextBoolean()) {
                    link.send(Kind.SIZE, ShapeCodec.encode(Steps.SHAPE), List.of());
                }
                for (int frame = 0; frame < 5; frame++) {
                    byte[] small = new byte[random.nextInt(80)];
                    byte[] bulk = new byte[random.nextInt(2000)];
                    random.nextBytes(small);
                    Kind kind = kinds.get(random.nextInt(kinds.size()));
                    link.send(kind, ByteBuffer.wrap(small), List.of(ByteBuffer.wrap(bulk)));
                }
                assertThatThrownBy(() -> {
                            while (true) {
                                link.receive(1 << 16, 0);
                            }
                        })
                        .isInstanceOf(IOException.class);
            } catch (IOException ended) {
                assertThat(ended).isNotNull(); // While this side was still talking.
            }
        }
        Steps.assertSame(ServedStages.here(LAYERS), ready(port, StageSecurity.NONE, LONG), LAYERS, 1);
        assertThat(host.stages).as("what was loaded stays").hasSize(1);
    }

    @Test
    void beyondThisMachineSomethingIsAskedFor() throws Exception {
        assertThatThrownBy(() -> StageSecurity.NONE.require(InetAddress.getByName("192.0.2.1")))
                .hasMessageContaining("--stage-secret-file");
        StageSecurity.NONE.require(InetAddress.getByName("127.0.0.3"));
        new StageSecurity(null, SECRET).require(InetAddress.getByName("192.0.2.1"));
        assertThatThrownBy(() -> new StageSecurity(null, new byte[31])).hasMessageContaining("at least 32 bytes");
    }

    @Test
    void bothSidesShowCertificatesThatTheOtherTrusts(@TempDir Path folder) throws Exception {
        TestCertificates made = new TestCertificates(folder);
        TestCertificates.Identity one = made.selfSigned("one"); // Its own authority, on both sides.
        TestCertificates.Identity stranger = made.selfSigned("stranger");
        StageSecurity known = StageSecurity.ofCertificates(TestCertificates.client(one, one));
        StageSecurity unknown = StageSecurity.ofCertificates(TestCertificates.client(one, stranger));
        StageSecurity nobody = StageSecurity.ofCertificates(TestCertificates.client(one, null));
        int port = served.serve(0, known, Duration.ofSeconds(5)).port();
        for (StageSecurity each : new StageSecurity[] {unknown, nobody, StageSecurity.NONE}) {
            RemoteStage refused = served.head(port, each, ServedStages.order("head", LAYERS), Duration.ofSeconds(5));
            await().untilAsserted(() -> assertThatThrownBy(() -> refused.awaitReady(MOMENT))
                    .isInstanceOf(ModelException.class)
                    .hasMessageNotContaining("is not there yet")); // It was asked, and did not let it in.
            refused.close();
        }
        assertThat(host.stages).isEmpty();
        RemoteStage stage = ready(port, known, Duration.ofSeconds(5));
        Steps.assertSame(ServedStages.here(LAYERS), stage, LAYERS, 1);
        stage.close();
    }

    @Test
    void addressesAreReadAsPeopleWriteThem() {
        assertThat(StageAddress.of("worker-1.svc:7100")).isEqualTo(new StageAddress("worker-1.svc", 7100));
        assertThat(StageAddress.of("[::1]:7100"))
                .isEqualTo(new StageAddress("::1", 7100))
                .hasToString("[::1]:7100");
        for (String none : new String[] {"", "host", "host:", ":1", "::1:7100", "host:70000", "host:x", " host:1"}) {
            assertThatThrownBy(() -> StageAddress.of(none)).hasMessageContaining("is no host:port");
        }
    }
}
