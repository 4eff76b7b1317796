package dev.tramontane.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tramontane.fixtures.JavaStage;
import dev.tramontane.fixtures.Mutator;
import dev.tramontane.fixtures.Seeds;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.StageLostException;
import dev.tramontane.model.StageStep;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** What a head makes of a stage that talks nonsense: it is lost, by its address and why, no fault of the head's comes of it, and a sound one in its place is found. */
final class HostileStageTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofSeconds(2);
    private static final Duration MOMENT = Duration.ofMillis(50);
    private static final LayerRange LAYERS = ServedStages.LAYERS;
    private static final StageOrder ORDER = ServedStages.order("head", LAYERS);

    private final List<AutoCloseable> open = new ArrayList<>();
    private final ListAppender<ILoggingEvent> faults = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(StageLink.class);

    interface Script {
        void play(Peer peer) throws IOException;
    }

    /** Plays its script to whoever connects. */
    private static final class FakeStage implements AutoCloseable {
        private final ServerSocket listening;
        private final Set<Socket> playing = ConcurrentHashMap.newKeySet();

        FakeStage(Supplier<Script> scripts) throws IOException {
            listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            Thread.ofPlatform().daemon().name("fake-stage").start(() -> {
                while (!listening.isClosed()) {
                    try (Socket socket = listening.accept()) {
                        playing.add(socket);
                        if (!listening.isClosed()) { // Else whoever closes may not have seen the socket.
                            scripts.get().play(new Peer(socket, Greeting.Role.STAGE));
                        }
                    } catch (IOException left) {
                        assertThat(left).isNotNull(); // The head has heard enough.
                    }
                }
            });
        }

        int port() {
            return listening.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            listening.close();
            for (Socket socket : playing) {
                socket.close();
            }
        }
    }

    /** Plays to the first who connects; who comes again hears nothing until the stage is closed. */
    private static Supplier<Script> once(Script script) {
        AtomicBoolean played = new AtomicBoolean();
        return () -> played.getAndSet(true) ? Peer::listen : script;
    }

    @BeforeEach
    void watchForFaults() {
        faults.start();
        logger.addAppender(faults);
    }

    @AfterEach
    void noFaultOfTheHeads() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        logger.detachAppender(faults);
        assertThat(faults.list.stream().filter(event -> event.getLevel().isGreaterOrEqual(Level.ERROR)))
                .isEmpty();
    }

    private RemoteStage head(int port, Duration silence) {
        RemoteStage stage = new RemoteStage(
                new StageAddress("localhost", port),
                StageSecurity.NONE,
                ORDER,
                JavaStage.geometry(),
                silence,
                StageObserver.NONE);
        open.add(stage);
        return stage;
    }

    private static Arguments says(String words, Script script) {
        return Arguments.of(words, script, LONG);
    }

    private static Script greeted(Script then) {
        return peer -> {
            peer.greet();
            then.play(peer);
            peer.hearOut();
        };
    }

    static Stream<Arguments> beforeItIsReady() {
        return Stream.of(
                says("no stage of tramontane", peer -> {
                    peer.say("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    peer.hearOut();
                }),
                says("speaks version 1 of the wire, this one 2", peer -> {
                    peer.say(Peer.greeting(1, 2, 0, 40));
                    peer.listen();
                }),
                says("is a head, too", peer -> {
                    peer.say(Peer.greeting(2, 1, 0, 8));
                    peer.listen();
                }),
                says("it closed the connection", peer -> peer.say(Peer.greeting(2, 2, 0, 20))),
                says("none of the wire's", greeted(peer -> peer.say(Peer.greeting(2, 2, 0, 44)))),
                says("none of the wire's", greeted(peer -> peer.header(99, 0, 0))),
                says("answered an order with a frame STEP", greeted(peer -> peer.header(Kind.STEP.number, 0, 0))),
                says(
                        "DONE came with 4294967295 and 0 bytes, more than 4096 and 0",
                        greeted(peer -> peer.header(Kind.DONE.number, -1, 0))),
                says(
                        "LOADING came with 16 and 2147483648 bytes",
                        greeted(peer -> peer.header(Kind.LOADING.number, 16, Integer.MIN_VALUE))),
                says(
                        "PULSE came with 4 and 0 bytes, more than 0 and 0",
                        greeted(peer -> peer.header(Kind.PULSE.number, 4, 0))),
                says("it closed the connection", greeted(peer -> peer.say(new byte[5]))),
                says("it closed the connection", greeted(peer -> peer.header(Kind.REFUSED.number, 10, 0))),
                Arguments.of("it did not greet in 2 s", (Script) Peer::listen, SHORT),
                Arguments.of(
                        "nothing was heard of it for 2 s",
                        (Script) peer -> {
                            peer.greet();
                            peer.header(Kind.REFUSED.number, 10, 0);
                            peer.listen();
                        },
                        SHORT));
    }

    @ParameterizedTest
    @MethodSource
    void beforeItIsReady(String words, Script script, Duration silence) throws Exception {
        FakeStage fake = new FakeStage(() -> script);
        open.add(fake);
        RemoteStage stage = head(fake.port(), silence);
        await().untilAsserted(() -> assertThatThrownBy(() -> stage.awaitReady(MOMENT))
                .isExactlyInstanceOf(ModelException.class)
                .hasMessageContaining("stage localhost:" + fake.port() + " is not there: ")
                .hasMessageContaining(words));
    }

    /** Until the first step, which has come. */
    private static Script asked(Script then) {
        return peer -> {
            peer.greet();
            for (int question = 0; question < 2; question++) {
                peer.take();
                peer.frame(Kind.DONE);
            }
            peer.take();
            then.play(peer);
            peer.hearOut();
        };
    }

    private static ByteBuffer took(long nanos) {
        return StageLink.took(nanos);
    }

    private static StageStep step() {
        StageStep step = new StageStep(Steps.WIDTH);
        Steps.fill(step, new SplittableRandom(3), false, 0);
        return step;
    }

    static Stream<Arguments> inPlaceOfAnAnswer() {
        int right = step().wanted() * Steps.WIDTH * Float.BYTES;
        String rows = " bytes for " + step().wanted() + " rows of 32";
        return Stream.of(
                says("a frame ended too early", asked(peer -> peer.frame(Kind.DONE, Fields.room(4), right))),
                says("8 bytes too many", asked(peer -> peer.frame(Kind.DONE, Fields.room(16), right))),
                says("a step took it -5 ns", asked(peer -> peer.frame(Kind.DONE, took(-5), right))),
                says(
                        "it answered with " + (right - 32) + rows,
                        asked(peer -> peer.frame(Kind.DONE, took(5), right - 32))),
                says(
                        "it answered with " + (right + 32) + rows,
                        asked(peer -> peer.frame(Kind.DONE, took(5), right + 32))),
                says(
                        "it answered with more than was asked for",
                        asked(peer -> peer.frame(Kind.REFUSED, Fields.room(3), 7))),
                says("REFUSED came with 5000", asked(peer -> peer.header(Kind.REFUSED.number, 5000, 0))),
                says("a frame ORDER came where an answer belongs", asked(peer -> peer.frame(Kind.ORDER))),
                says("no device", asked(peer -> peer.frame(Kind.FAILED, Words.encoded("no\ndevice"), 0))),
                says("it closed the connection", asked(peer -> {
                    peer.header(Kind.DONE.number, 8, right);
                    peer.say(new byte[8 + right - 1]);
                })),
                Arguments.of(
                        "nothing was heard of it for 2 s",
                        asked(peer -> {
                            peer.header(Kind.DONE.number, 8, right);
                            peer.say(new byte[8 + right - 1]);
                            peer.listen();
                        }),
                        SHORT));
    }

    @ParameterizedTest
    @MethodSource
    void inPlaceOfAnAnswer(String words, Script script, Duration silence) throws Exception {
        FakeStage fake = new FakeStage(once(script));
        open.add(fake);
        RemoteStage stage = head(fake.port(), silence);
        stage.awaitReady(LONG);
        stage.sizeCache(Steps.SHAPE);
        stage.submit(step());
        assertThatThrownBy(() -> Steps.finish(stage))
                .isInstanceOfSatisfying(
                        StageLostException.class,
                        lost -> assertThat(lost.told()).isEqualTo("the stage of layers 2 to 3 was lost"))
                .hasMessageContaining("stage localhost:" + fake.port() + " was lost: ")
                .hasMessageContaining(words);
        fake.close();
        StageAddress address = new StageAddress("localhost", fake.port());
        open.add(await().ignoreException(BindException.class) // Until whoever accepted there has heard of the end.
                .until(() -> new StageServer(address, StageSecurity.NONE, LONG, new JavaHost()), Objects::nonNull));
        await().until(() -> {
            try {
                return stage.recover();
            } catch (StageLostException still) {
                return false;
            }
        });
        stage.sizeCache(Steps.SHAPE);
        Steps.assertSame(ServedStages.here(LAYERS), stage, LAYERS, 1);
    }

    /** Nobody has asked for it. */
    @Test
    void whoAnswersTwiceIsLost() throws Exception {
        int right = step().wanted() * Steps.WIDTH * Float.BYTES;
        FakeStage fake = new FakeStage(() -> asked(peer -> {
            peer.frame(Kind.DONE, took(5), right);
            peer.frame(Kind.DONE, took(5), right);
        }));
        open.add(fake);
        RemoteStage stage = head(fake.port(), LONG);
        stage.awaitReady(LONG);
        stage.sizeCache(Steps.SHAPE);
        stage.submit(step());
        try {
            Steps.finish(stage);
        } catch (StageLostException both) {
            assertThat(both).hasMessageContaining("stage localhost:" + fake.port());
        }
        await().untilAsserted(() -> assertThatThrownBy(stage::check)
                .hasMessageContaining("stage localhost:" + fake.port())
                .hasMessageContaining("what nobody had asked"));
    }

    /** What is no number is the head's to judge, as if the layers were here: it comes as it was sent. */
    @Test
    void rowsThatAreNoNumbersComeAsTheyAre() throws Exception {
        StageStep step = step();
        int right = step.wanted() * Steps.WIDTH * Float.BYTES;
        FakeStage fake = new FakeStage(() -> asked(peer -> {
            peer.header(Kind.DONE.number, Long.BYTES, right);
            ByteBuffer rows = ByteBuffer.allocate(Long.BYTES + right)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(5);
            while (rows.hasRemaining()) {
                rows.putInt(0x7fc00123);
            }
            peer.say(rows.array());
            peer.listen(); // A loss would hide it.
        }));
        open.add(fake);
        RemoteStage stage = head(fake.port(), LONG);
        stage.awaitReady(LONG);
        stage.sizeCache(Steps.SHAPE);
        stage.submit(step);
        Steps.finish(stage);
        for (int row = 0; row < step.rows(); row++) {
            if (step.wants(row)) {
                assertThat(step.output().getInt(row * Steps.WIDTH * Float.BYTES))
                        .isEqualTo(0x7fc00123);
            }
        }
    }

    private static byte[] answer(ByteBuffer small, int bulk) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            new FrameWriter(bytes).send(Kind.DONE, small, List.of(ByteBuffer.allocate(bulk)));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    /** Sound answers with bytes that are changed, cut or moved: taken, or a loss. */
    @Test
    void brokenAnswersAreALossAtWorst() throws Exception {
        int right = step().wanted() * Steps.WIDTH * Float.BYTES;
        List<byte[]> sound =
                List.of(answer(ByteBuffer.allocate(0), 0), answer(ByteBuffer.allocate(0), 0), answer(took(7), right));
        SplittableRandom random = new SplittableRandom(Seeds.next());
        FakeStage fake = new FakeStage(() -> {
            int broken = random.nextInt(sound.size());
            return peer -> {
                peer.greet();
                for (int i = 0; i <= broken; i++) {
                    peer.take();
                    peer.say(i < broken ? sound.get(i) : new Mutator(List.of(sound.get(i)), List.of()).next(random));
                }
                peer.hearOut();
            };
        });
        open.add(fake);
        int sessions = Integer.getInteger("tramontane.fuzz.inputs", 40);
        for (int i = 0; i < sessions; i++) {
            try (RemoteStage stage = head(fake.port(), LONG)) {
                assertThatThrownBy(() -> {
                            stage.awaitReady(MOMENT);
                            stage.sizeCache(Steps.SHAPE);
                            stage.submit(step());
                            Steps.finish(stage);
                            await().untilAsserted(() ->
                                    assertThat(stage.facts().there()).isFalse());
                            stage.check();
                        })
                        .isInstanceOf(ModelException.class)
                        .hasMessageContaining("stage localhost:" + fake.port());
            }
            open.removeLast();
        }
    }
}
