package dev.tramontane.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tramontane.fixtures.JavaStage;
import dev.tramontane.fixtures.Mutations;
import dev.tramontane.fixtures.Mutator;
import dev.tramontane.fixtures.Seeds;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.StageStep;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** What a stage makes of a head that talks nonsense: its connection ends with a line that names it and says why, and the next head finds all as it was. */
final class HostileHeadTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final LayerRange LAYERS = ServedStages.LAYERS;
    private static final StageOrder ORDER = ServedStages.order("head", LAYERS);

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(StageServer.class);
    private final @Nullable Level before = logger.getLevel();
    private StageServer server;

    interface Script {
        void play(Peer peer) throws IOException;
    }

    @BeforeEach
    void serve() throws IOException {
        logger.setLevel(Level.INFO);
        log.start();
        logger.addAppender(log);
        server = new StageServer(new StageAddress("localhost", 0), StageSecurity.NONE, LONG, new JavaHost());
    }

    /** Whatever was said before. */
    @AfterEach
    void aSoundHeadIsServedAsBefore() throws Exception {
        RemoteStage stage = new RemoteStage(
                new StageAddress("localhost", server.port()),
                StageSecurity.NONE,
                ORDER,
                JavaStage.geometry(),
                LONG,
                StageObserver.NONE);
        try {
            stage.awaitReady(LONG);
            stage.sizeCache(Steps.SHAPE);
            Steps.assertSame(ServedStages.here(LAYERS), stage, LAYERS, 1);
        } finally {
            stage.close();
            server.close();
            logger.detachAppender(log);
            logger.setLevel(before);
        }
        assertThat(log.list.stream().filter(event -> event.getLevel().isGreaterOrEqual(Level.ERROR)))
                .as("faults of the stage's own")
                .isEmpty();
    }

    private Peer connected() throws IOException {
        return new Peer(new Socket(InetAddress.getLoopbackAddress(), server.port()), Greeting.Role.HEAD);
    }

    private static Arguments says(String words, Script script) {
        return Arguments.of(words, script);
    }

    private static Arguments greeted(String words, Script script) {
        return says(words, peer -> {
            peer.greet();
            script.play(peer);
        });
    }

    private static Arguments ordered(String words, Script script) {
        return greeted(words, peer -> {
            peer.frame(Kind.ORDER, ORDER.encode(), 0);
            script.play(peer);
        });
    }

    private static Arguments sized(String words, Script script) {
        return ordered(words, peer -> {
            peer.frame(Kind.SIZE, ShapeCodec.encode(Steps.SHAPE), 0);
            script.play(peer);
        });
    }

    private static ByteBuffer numbers(int... values) {
        ByteBuffer all = Fields.room(values.length * Integer.BYTES);
        for (int value : values) {
            all.putInt(value);
        }
        return all.flip();
    }

    private static ByteBuffer step(boolean first) {
        StageStep step = new StageStep(Steps.WIDTH);
        Steps.fill(step, new SplittableRandom(3), first, 0);
        return new StepCodec(Steps.SHAPE).encode(step);
    }

    private static ByteBuffer shape(int rows, CacheShape.Group... groups) {
        return ShapeCodec.encode(new CacheShape(16, 4, rows, 4, 8, CacheType.F16, List.of(groups)));
    }

    static Stream<Arguments> nonsense() {
        CacheShape.Group group = new CacheShape.Group(24, 6);
        int rows = Integer.MAX_VALUE / 32 + 1;
        return Stream.of(
                says("speaks version 1 of the wire, this one 2", peer -> peer.say(Peer.greeting(1, 1, 0, 40))),
                says("is a stage, too", peer -> peer.say(Peer.greeting(2, 2, 0, 44))),
                says("the other side has a shared secret", peer -> peer.say(Peer.greeting(2, 1, 1, 44))),
                greeted("none of the wire's", peer -> peer.say(Peer.greeting(2, 1, 0, 44))),
                greeted("a frame SIZE came where an order belongs", peer -> peer.frame(Kind.SIZE)),
                greeted("ORDER came with 4294967295 and 0 bytes", peer -> peer.header(Kind.ORDER.number, -1, 0)),
                greeted("ORDER came with 9 and 1 bytes", peer -> peer.header(Kind.ORDER.number, 9, 1)),
                greeted("a text of -1 bytes came", peer -> peer.frame(Kind.ORDER, numbers(-1, 0), 0)),
                greeted("it closed the connection", peer -> {
                    peer.header(Kind.ORDER.number, 20, 0);
                    peer.say(new byte[19]);
                }),
                ordered("a frame STEP came before the cache's shape", peer -> peer.frame(Kind.STEP)),
                ordered("a frame ORDER came", peer -> peer.frame(Kind.ORDER, ORDER.encode(), 0)),
                ordered("STEP came with 0 and 2147483648 bytes", peer -> peer.header(Kind.STEP.number, 0, 1 << 31)),
                ordered("groups of layers came for a model of 2", peer -> peer.frame(Kind.SIZE, shape(9, group), 0)),
                ordered("a page's tokens must be 1 to 256", peer -> peer.frame(Kind.SIZE, numbers(257), 0)),
                ordered("PULSE came with 1 and 0 bytes", peer -> peer.header(Kind.PULSE.number, 1, 0)),
                sized("a frame LOADING came where something is asked for", peer -> peer.frame(Kind.LOADING)),
                sized("a frame ORDER came where something is asked for", peer -> peer.frame(Kind.ORDER)),
                sized("a step came without its rows", peer -> peer.frame(Kind.STEP, step(true), 0)),
                sized("rows came with 33 bytes", peer -> peer.frame(Kind.STEP, step(false), 33)),
                sized("STEP came with", peer -> peer.header(Kind.STEP.number, 0, rows)),
                sized("STEP came with", peer -> peer.header(Kind.STEP.number, 1 << 30, 0)),
                sized("no layer of group 0 is here", peer -> peer.frame(Kind.READ_PAGE, numbers(0, 1), 0)),
                sized("a frame ended too early", peer -> peer.frame(Kind.READ_PAGE, numbers(1), 0)),
                sized("4 bytes too many", peer -> peer.frame(Kind.READ_PAGE, numbers(1, 1, 1), 0)),
                sized("a page of group 1 came with 9 bytes", peer -> peer.frame(Kind.WRITE_PAGE, numbers(1, 1), 9)),
                sized("an adapter's number must be", peer -> peer.frame(Kind.DROP_ADAPTER, numbers(0), 0)),
                sized("it closed the connection", peer -> peer.header(Kind.WRITE_PAGE.number, 8, 500)));
    }

    @ParameterizedTest
    @MethodSource
    void nonsense(String words, Script script) throws Exception {
        try (Peer peer = connected()) {
            String from = peer.address();
            try {
                script.play(peer);
                peer.hearOut();
            } catch (SocketException reset) {
                assertThat(reset).isNotNull(); // It left while this side was still talking, and says why after that.
            }
            await().untilAsserted(() -> assertThat(log.list)
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .anySatisfy(line -> assertThat(line)
                            .contains("a connection from " + from + " ended: ")
                            .contains(words)));
        }
    }

    /** A sound session's frames, one after the other. */
    private static byte[] session() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        FrameWriter writer = new FrameWriter(bytes);
        writer.send(Kind.ORDER, ORDER.encode(), List.of());
        writer.send(Kind.PULSE, numbers(), List.of());
        writer.send(Kind.SIZE, ShapeCodec.encode(Steps.SHAPE), List.of());
        StageStep step = new StageStep(Steps.WIDTH);
        StepCodec codec = new StepCodec(Steps.SHAPE);
        for (int i = 0; i < 2; i++) {
            Steps.fill(step, new SplittableRandom(i), false, i);
            ByteBuffer rows = Objects.requireNonNull(step.input());
            rows.clear().limit((int) step.bytes());
            writer.send(Kind.STEP, codec.encode(step), List.of(rows));
        }
        writer.send(Kind.READ_PAGE, numbers(1, 2), List.of());
        writer.send(Kind.DROP_ADAPTER, numbers(1), List.of());
        return bytes.toByteArray();
    }

    /** With bytes that are changed, cut or moved: carried out, refused, or the end of that connection. */
    @Test
    void brokenSessionsEndTheirConnectionAtWorst() throws Exception {
        Mutator mutator = new Mutator(List.of(session()), List.of(new byte[] {-1, -1, -1, -1}));
        SplittableRandom random = new SplittableRandom(Seeds.next());
        int sessions = Integer.getInteger("tramontane.fuzz.inputs", 80);
        for (int i = 0; i < sessions; i++) {
            try (Peer peer = connected()) {
                peer.greet();
                peer.say(mutator.next(random));
                peer.hearOut();
            } catch (SocketException reset) {
                assertThat(reset).isNotNull(); // While this side was still talking.
            }
        }
    }

    /** The reader alone, over many more: frames within what was expected, or a refusal in words; it takes no more memory than that. */
    @Test
    void whateverBytesComeFramesAreWithinTheirBounds() throws Exception {
        List<byte[]> words = List.of(new byte[] {-1, -1, -1, -1}, new byte[] {4, 0, 0, 0}, new byte[] {0, 0, 0, -128});
        new Mutations(List.of(session()), words, ModelException.class).run(5_000, input -> {
            FrameReader reader = new FrameReader(new ByteArrayInputStream(input));
            try {
                while (reader.bytes() < input.length) {
                    reader.receive(1_000, 4_000);
                    assertThat(reader.small().remaining()).isLessThanOrEqualTo(1_000);
                    assertThat(reader.bulk()).isBetween(0, 4_000);
                    reader.readBulk(ByteBuffer.allocate(reader.bulk()));
                }
            } catch (WireException | EOFException refused) {
                throw new ModelException(Words.of(refused), refused);
            }
        });
    }
}
