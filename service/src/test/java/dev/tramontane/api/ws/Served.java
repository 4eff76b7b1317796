package dev.tramontane.api.ws;

import dev.tramontane.api.Allowed;
import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.Doorkeeper;
import dev.tramontane.api.Health;
import dev.tramontane.api.HealthRoutes;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.HttpService;
import dev.tramontane.api.MetricsRoute;
import dev.tramontane.api.RequestLimits;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.api.TransportLimits;
import dev.tramontane.api.openai.CapacityRoutes;
import dev.tramontane.api.openai.ModelRoutes;
import dev.tramontane.api.openai.OpenAiRoutes;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.api.openai.TokenizeRoutes;
import dev.tramontane.api.page.ChatPage;
import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.api.responses.ResponseRoutes;
import dev.tramontane.api.responses.ResponseServices;
import dev.tramontane.api.responses.ResponseStore;
import dev.tramontane.api.responses.StoredRoutes;
import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.ChatPrompt;
import dev.tramontane.engine.Engine;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.generation.EngineTextGenerator;
import dev.tramontane.generation.GenerationConfig;
import dev.tramontane.tokenizer.Tokenizer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A service with the socket, the page and the models over an engine that the test steps. */
final class Served implements AutoCloseable {
    private static final MetricsRoute.Text METRICS = new MetricsRoute.Text() {
        @Override
        public String contentType() {
            return "text/plain";
        }

        @Override
        public byte[] render() {
            return new byte[] {'m'};
        }
    };

    static final String MODEL = "toy";
    static final Instant NOW = Instant.ofEpochSecond(1_750_000_000);

    /** {@code role: content;} for each turn, then {@code >}: what tests look for in a submitted prompt. */
    static final ChatLayout LAYOUT = conversation -> {
        List<ChatPrompt.Piece> pieces = new ArrayList<>();
        conversation.messages().forEach(message -> {
            pieces.add(new ChatPrompt.Stretch(message.get("role") + ": ", true));
            pieces.add(new ChatPrompt.Stretch(words(message.get("content")), false));
            pieces.add(new ChatPrompt.Stretch(";", true));
        });
        pieces.add(new ChatPrompt.Stretch(">", true));
        return new ChatPrompt(pieces);
    };

    private static final Health WELL = new Health() {
        @Override
        public Answer started() {
            return Answer.WELL;
        }

        @Override
        public Answer ready() {
            return Answer.WELL;
        }
    };

    static final TransportLimits SMALL_BUFFERS = new TransportLimits(
            1000, 4096, 8192, 1 << 20, Duration.ofSeconds(10), Duration.ofMinutes(9), 4 << 10, 4 << 10);

    /** Longer than any test waits. */
    private static final ReplayLimits REPLAY =
            new ReplayLimits(ReplayLimits.DEFAULT.bytes(), ReplayLimits.DEFAULT.readers(), Duration.ofHours(1));

    final int port;
    final AtomicInteger answersGone = new AtomicInteger();
    final AtomicInteger answersEnded = new AtomicInteger();
    final AtomicInteger connections = new AtomicInteger();
    final AtomicInteger refused = new AtomicInteger();
    final HttpService service;
    final RequestMemory memory;
    final ResponseStore store = new ResponseStore(1L << 28, Duration.ofHours(1));
    final List<String> reasons = new CopyOnWriteArrayList<>();

    /** Whether taking connections in, and refusing them, throws. */
    volatile boolean failing;

    private final Vertx vertx = Vertx.vertx();
    private final Engine engine;
    private final EngineTextGenerator generator;
    private final AtomicBoolean stepping = new AtomicBoolean();
    private final List<Thread> steppers = new ArrayList<>();

    static ApiConfig config(SocketLimits sockets, TransportLimits transport, Duration heartbeat, int lookAhead) {
        return new ApiConfig(
                "127.0.0.1",
                0,
                1,
                transport,
                sockets,
                RequestLimits.DEFAULT,
                heartbeat,
                lookAhead,
                new Allowed(Set.of("https://chat.example"), Set.of()),
                Set.of(),
                false,
                "test");
    }

    /** The parts of a message one after the other, told apart by a bar. */
    private static String words(@Nullable Object content) {
        return content instanceof List<?> parts
                ? parts.stream()
                        .map(part -> String.valueOf(((Map<?, ?>) part).get("text")))
                        .collect(Collectors.joining("|"))
                : String.valueOf(content);
    }

    static ApiConfig config() {
        return config(SocketLimits.DEFAULT, TransportLimits.DEFAULT, Duration.ofSeconds(15), 64);
    }

    Served(Engine engine, ApiConfig config) {
        this(engine, config, new ByteTokenizer(), new RequestMemory(1L << 30));
    }

    /** For those who have a key. */
    Served(Engine engine, ApiConfig config, Doorkeeper doorkeeper) {
        this(engine, config, new ByteTokenizer(), new RequestMemory(1L << 30), doorkeeper);
    }

    Served(Engine engine, ApiConfig config, Tokenizer tokenizer, RequestMemory memory) {
        this(engine, config, tokenizer, memory, Doorkeeper.OPEN);
    }

    /** With a layout of its own. */
    Served(Engine engine, ApiConfig config, Tokenizer tokenizer, ChatLayout layout) {
        this(engine, config, tokenizer, layout, new RequestMemory(1L << 30), Doorkeeper.OPEN);
    }

    private Served(Engine engine, ApiConfig config, Tokenizer tokenizer, RequestMemory memory, Doorkeeper doorkeeper) {
        this(engine, config, tokenizer, LAYOUT, memory, doorkeeper);
    }

    private Served(
            Engine engine,
            ApiConfig config,
            Tokenizer tokenizer,
            ChatLayout layout,
            RequestMemory memory,
            Doorkeeper doorkeeper) {
        this.engine = engine;
        this.memory = memory;
        generator =
                new EngineTextGenerator(MODEL, engine, tokenizer, layout, new GenerationConfig(2, 256, 2, 256, 4096));
        HttpObserver observer = new HttpObserver() {
            @Override
            public void refused(String reason) {
                reasons.add(reason);
            }

            @Override
            public void streamClosed(String route, boolean disconnected) {
                (disconnected ? answersGone : answersEnded).incrementAndGet();
            }

            @Override
            public void connectionOpened() {
                connections.incrementAndGet();
                if (failing) {
                    throw new StackOverflowError("a test's");
                }
            }

            @Override
            public void connectionClosed() {
                connections.decrementAndGet();
            }

            @Override
            public void connectionRefused() {
                refused.incrementAndGet();
                if (failing) {
                    throw new NoClassDefFoundError("a test's");
                }
            }
        };
        ServedModels models = ServedModels.of(generator, NOW.getEpochSecond());
        InstantSource clock = InstantSource.fixed(NOW);
        ResponseServices responses =
                new ResponseServices(vertx, config, models, observer, memory, store, REPLAY, clock);
        service = new HttpService(
                vertx,
                config,
                List.of(
                        new ResponsesRoute(responses),
                        new ResponseRoutes(responses),
                        new StoredRoutes(responses),
                        new OpenAiRoutes(vertx, config, models, observer, memory, clock),
                        new HealthRoutes(WELL),
                        new MetricsRoute(vertx, METRICS),
                        new CapacityRoutes(models),
                        new ModelRoutes(models),
                        new TokenizeRoutes(vertx, config, models, memory),
                        new ChatPage()),
                observer,
                doorkeeper);
        port = wait(service.start());
    }

    /** Steps on a thread of its own until this is closed. */
    Served stepping(BooleanSupplier step) {
        stepping.set(true);
        steppers.add(Thread.ofPlatform().daemon().start(() -> {
            while (stepping.get()) {
                if (!step.getAsBoolean()) {
                    LockSupport.parkNanos(200_000);
                }
            }
        }));
        return this;
    }

    private static <T> T wait(Future<T> future) {
        return future.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(3, TimeUnit.MINUTES)
                .join();
    }

    @Override
    public void close() {
        stepping.set(false);
        Awaitility.await().until(() -> steppers.stream().noneMatch(Thread::isAlive));
        engine.close();
        generator.close();
        wait(vertx.close());
    }
}
