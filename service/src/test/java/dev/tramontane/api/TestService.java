package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.journal.Departure;
import dev.tramontane.api.journal.Journal;
import dev.tramontane.api.journal.JournalObserver;
import dev.tramontane.api.journal.JournalPlace;
import dev.tramontane.api.ollama.OllamaRoutes;
import dev.tramontane.api.openai.CapacityRoutes;
import dev.tramontane.api.openai.ModelFacts;
import dev.tramontane.api.openai.ModelRoutes;
import dev.tramontane.api.openai.OpenAiRoutes;
import dev.tramontane.api.openai.OpenApiRoute;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.api.openai.TokenizeRoutes;
import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.api.responses.EarlierResponses;
import dev.tramontane.api.responses.ResponseRoutes;
import dev.tramontane.api.responses.ResponseServices;
import dev.tramontane.api.responses.ResponseStore;
import dev.tramontane.api.responses.StoredRoutes;
import dev.tramontane.api.tgi.TgiRoutes;
import dev.tramontane.api.ws.ResponsesRoute;
import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.engine.Engine;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.Script;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.generation.EngineTextGenerator;
import dev.tramontane.generation.GenerationConfig;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.SamplingDefaults;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Tokenizers;
import dev.tramontane.tokenizer.Vocabularies;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;

/** The HTTP service on a free port with everything below it, and a client. */
final class TestService implements AutoCloseable {
    static final String MODEL = "toy/bytes";

    /** Classes load on the event loop when a service first answers; that is no fault worth a warning in most tests. */
    private static final long UNWATCHED = 60_000;

    static final long NOW = 1_700_000_000L;

    static final ModelFacts FACTS = new ModelFacts(
            "gguf",
            "llama",
            7_248_023_552L,
            "Q4_0",
            4_109_853_248L,
            false,
            "abc",
            new ModelFacts.Sizes(32, 4096, 14336, 32, 8, 32768));

    /** The time of day, which stands still unless a test sets it. */
    volatile Instant now = Instant.ofEpochSecond(NOW);

    static final ApiConfig CONFIG = config(TransportLimits.DEFAULT, 64, Duration.ofSeconds(15));

    final Engine engine;
    final SimpleLayout layout = new SimpleLayout();
    final RecordingObserver observer = new RecordingObserver();
    final RequestMemory memory;
    final ResponseStore responses;
    final Vertx vertx;
    final HttpService service;
    final int port;
    volatile Health.Answer started = Health.Answer.WELL;
    volatile Health.Answer ready = Health.Answer.WELL;
    private final EngineTextGenerator generator;
    private final ResponseServices kept;
    private final Departure.Leaving streams;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<Runnable> atClose = new ArrayList<>();
    private final List<Runnable> afterEngine = new ArrayList<>();
    private volatile boolean closed;
    private Runnable atEnd = () -> {};

    /** What metrics would have seen. */
    static final class RecordingObserver implements HttpObserver {
        final List<String> requests = new CopyOnWriteArrayList<>();
        final AtomicInteger openStreams = new AtomicInteger();
        final AtomicInteger disconnects = new AtomicInteger();
        final AtomicInteger connections = new AtomicInteger();
        final AtomicInteger refused = new AtomicInteger();
        final List<String> reasons = new CopyOnWriteArrayList<>();

        @Override
        public void refused(String reason) {
            reasons.add(reason);
        }

        @Override
        public void requestEnded(String route, String method, int status, long nanos) {
            requests.add(method + " " + route + " " + status);
        }

        @Override
        public void streamOpened(String route) {
            openStreams.incrementAndGet();
        }

        @Override
        public void streamClosed(String route, boolean disconnected) {
            openStreams.decrementAndGet();
            if (disconnected) {
                disconnects.incrementAndGet();
            }
        }

        @Override
        public void connectionOpened() {
            connections.incrementAndGet();
        }

        @Override
        public void connectionClosed() {
            connections.decrementAndGet();
        }

        @Override
        public void connectionRefused() {
            refused.incrementAndGet();
        }
    }

    private TestService(Engine engine, Tokenizer tokenizer, ApiConfig config, long maxLoopMillis) {
        this(engine, tokenizer, null, config, maxLoopMillis);
    }

    /** @param other layout, in place of the simple one */
    private TestService(
            Engine engine, Tokenizer tokenizer, @Nullable ChatLayout other, ApiConfig config, long maxLoopMillis) {
        this(engine, tokenizer, other, config, maxLoopMillis, new RequestMemory(1L << 30));
    }

    private TestService(
            Engine engine,
            Tokenizer tokenizer,
            @Nullable ChatLayout other,
            ApiConfig config,
            long maxLoopMillis,
            RequestMemory memory) {
        this(engine, tokenizer, other, config, maxLoopMillis, memory, SamplingDefaults.NEUTRAL, Doorkeeper.OPEN);
    }

    private TestService(
            Engine engine,
            Tokenizer tokenizer,
            @Nullable ChatLayout other,
            ApiConfig config,
            long maxLoopMillis,
            RequestMemory memory,
            SamplingDefaults sampling,
            Doorkeeper doorkeeper) {
        this(
                engine,
                tokenizer,
                other,
                config,
                maxLoopMillis,
                memory,
                sampling,
                doorkeeper,
                ReplayLimits.DEFAULT,
                new ResponseStore(1L << 30, Duration.ofHours(1)));
    }

    private TestService(
            Engine engine,
            Tokenizer tokenizer,
            @Nullable ChatLayout other,
            ApiConfig config,
            long maxLoopMillis,
            RequestMemory memory,
            SamplingDefaults sampling,
            Doorkeeper doorkeeper,
            ReplayLimits replay,
            ResponseStore store) {
        this.engine = engine;
        this.memory = memory;
        responses = store;
        generator = new EngineTextGenerator(
                MODEL, engine, tokenizer, other == null ? layout : other, GenerationConfig.DEFAULT, sampling);
        vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(config.eventLoops())
                .setBlockedThreadCheckInterval(20)
                .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS)
                .setMaxEventLoopExecuteTime(maxLoopMillis)
                .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS));
        ServedModels models = ServedModels.of(generator, NOW);
        Health health = new Health() {
            @Override
            public Health.Answer started() {
                return started;
            }

            @Override
            public Health.Answer ready() {
                return ready;
            }
        };
        kept = new ResponseServices(
                vertx, config, models, observer, memory, store, replay, () -> now, new JournalPlace());
        OpenAiRoutes chats =
                new OpenAiRoutes(vertx, config, models, observer, memory, replay, () -> now, kept.journal());
        streams = chats.streams();
        service = new HttpService(
                vertx,
                config,
                List.of(
                        new HealthRoutes(health),
                        new ModelRoutes(models),
                        chats,
                        new TokenizeRoutes(vertx, config, models, memory),
                        new ResponsesRoute(kept),
                        new ResponseRoutes(kept),
                        new StoredRoutes(kept),
                        new CapacityRoutes(models),
                        new VersionRoute("1.2.3"),
                        new OpenApiRoute("1.2.3"),
                        new OllamaRoutes(vertx, config, models, id -> FACTS, observer, memory, () -> now),
                        new TgiRoutes(vertx, config, models, observer, memory, "1.2.3"),
                        new UnservedRoutes()),
                observer,
                doorkeeper);
        port = service.start().await();
    }

    static ApiConfig config(TransportLimits transport, int lookAhead, Duration heartbeat) {
        return new ApiConfig(
                "127.0.0.1",
                0,
                1,
                transport,
                SocketLimits.DEFAULT,
                RequestLimits.DEFAULT,
                heartbeat,
                lookAhead,
                new Allowed(Set.of("https://listed.example"), Set.of()),
                Set.of("enable_thinking"),
                false,
                "fp_test");
    }

    /** An engine that steps only when the test says so. */
    static TestService stepped(Engine engine, ApiConfig config) {
        return new TestService(engine, new ByteTokenizer(), config, UNWATCHED);
    }

    /** The same, with a tokenizer and a layout. */
    static TestService stepped(Engine engine, Tokenizer tokenizer, ChatLayout layout) {
        return new TestService(engine, tokenizer, layout, CONFIG, UNWATCHED);
    }

    /** An engine that samples the given answers by itself. */
    static TestService of(String... answers) {
        return running(new ScriptedEngine(answers), CONFIG);
    }

    /** The same, for those who have a key. */
    static TestService keyed(Doorkeeper doorkeeper, ScriptedEngine engine) {
        return stepping(
                engine,
                new TestService(
                        engine,
                        new ByteTokenizer(),
                        null,
                        CONFIG,
                        UNWATCHED,
                        new RequestMemory(1L << 30),
                        SamplingDefaults.NEUTRAL,
                        doorkeeper));
    }

    /** An engine that samples by itself, where requests may hold so much. */
    static TestService holding(ScriptedEngine engine, RequestMemory memory) {
        return stepping(engine, new TestService(engine, new ByteTokenizer(), null, CONFIG, UNWATCHED, memory));
    }

    /** The engine loop on a fake model, for those who have a key. */
    static TestService keyed(Doorkeeper doorkeeper, FakeModel model, EngineConfig engineConfig, ApiConfig config) {
        EngineLoop loop = new EngineLoop(model, engineConfig, EngineObserver.NONE, System::nanoTime);
        loop.start();
        TestService service = new TestService(
                loop,
                new ByteTokenizer(),
                null,
                config,
                UNWATCHED,
                new RequestMemory(1L << 30),
                SamplingDefaults.NEUTRAL,
                doorkeeper);
        service.atClose.add(() -> model.gate(null)); // A step held back by a failed test ends.
        return service;
    }

    /** An engine that samples by itself, or as the test steps it, with so much kept of answers. */
    static TestService keeping(
            ScriptedEngine engine, boolean stepping, Doorkeeper doorkeeper, ReplayLimits replay, ResponseStore store) {
        TestService service = new TestService(
                engine,
                new ByteTokenizer(),
                null,
                CONFIG,
                UNWATCHED,
                new RequestMemory(1L << 30),
                SamplingDefaults.NEUTRAL,
                doorkeeper,
                replay,
                store);
        return stepping ? stepping(engine, service) : service;
    }

    /** An engine loop, which is started, with so much kept of answers. */
    static TestService keeping(EngineLoop loop, ReplayLimits replay) {
        loop.start();
        return keeping(loop, new ByteTokenizer(), replay);
    }

    /** A layout and a tokenizer, and so much room for responses. */
    static TestService keeping(
            ScriptedEngine engine,
            boolean stepping,
            Tokenizer tokenizer,
            ChatLayout layout,
            ReplayLimits replay,
            ResponseStore store) {
        TestService service = new TestService(
                engine,
                tokenizer,
                layout,
                CONFIG,
                UNWATCHED,
                new RequestMemory(1L << 30),
                SamplingDefaults.NEUTRAL,
                Doorkeeper.OPEN,
                replay,
                store);
        return stepping ? stepping(engine, service) : service;
    }

    /** An engine that the test steps, with another tokenizer, where answers wait so long for a reader. */
    static TestService waiting(ScriptedEngine engine, Tokenizer tokenizer, Duration absence) {
        return keeping(engine, tokenizer, new ReplayLimits(1 << 20, 4, absence));
    }

    private static TestService keeping(Engine engine, Tokenizer tokenizer, ReplayLimits replay) {
        return new TestService(
                engine,
                tokenizer,
                null,
                CONFIG,
                UNWATCHED,
                new RequestMemory(1L << 30),
                SamplingDefaults.NEUTRAL,
                Doorkeeper.OPEN,
                replay,
                new ResponseStore(1L << 30, Duration.ofHours(1)));
    }

    /** The same, with a tokenizer that puts bos before plain prompts. */
    static TestService addingBos(String... answers) {
        return running(new ScriptedEngine(answers), new ByteTokenizer(true), null, CONFIG);
    }

    /** The same, with a layout of Mistral's, over bytes and its control tokens. */
    static TestService mistral(MistralVersion version, String... answers) {
        Tokenizer tokenizer = Tokenizers.of(Vocabularies.bytes("gpt-2", version.controlTokens()));
        return running(new ScriptedEngine(answers), tokenizer, MistralLayout.of(version), CONFIG);
    }

    /** The same, with another tokenizer; answers still are bytes and their ids. */
    static TestService with(Tokenizer tokenizer, String... answers) {
        return running(new ScriptedEngine(answers), tokenizer, null, CONFIG);
    }

    static TestService running(ScriptedEngine engine, ApiConfig config) {
        return running(engine, new ByteTokenizer(), null, config);
    }

    static TestService running(
            ScriptedEngine engine, Tokenizer tokenizer, @Nullable ChatLayout other, ApiConfig config) {
        return stepping(engine, new TestService(engine, tokenizer, other, config, UNWATCHED));
    }

    /** An engine that samples the given answers by itself, of a model that suggests this sampling. */
    static TestService suggesting(SamplingDefaults sampling, String... answers) {
        ScriptedEngine engine = new ScriptedEngine(answers);
        RequestMemory memory = new RequestMemory(1L << 30);
        return stepping(
                engine,
                new TestService(
                        engine, new ByteTokenizer(), null, CONFIG, UNWATCHED, memory, sampling, Doorkeeper.OPEN));
    }

    private static TestService stepping(ScriptedEngine engine, TestService service) {
        Thread stepper = Thread.ofPlatform().daemon().name("test-stepper").start(() -> {
            while (!service.closed) {
                if (!engine.step()) {
                    LockSupport.parkNanos(100_000);
                }
            }
        });
        service.atClose.add(() -> LockSupport.unpark(stepper));
        return service;
    }

    /** The engine loop on a fake model, with a tokenizer and so much memory for requests. */
    static TestService on(FakeModel model, EngineConfig engineConfig, Tokenizer tokenizer, long requestMemory) {
        EngineLoop loop = new EngineLoop(model, engineConfig, EngineObserver.NONE, System::nanoTime);
        loop.start();
        TestService service =
                new TestService(loop, tokenizer, null, CONFIG, UNWATCHED, new RequestMemory(requestMemory));
        service.atClose.add(() -> model.gate(null));
        return service;
    }

    /** The engine loop on a fake model. */
    static TestService on(FakeModel model, EngineConfig engineConfig, ApiConfig config) {
        return watched(model, engineConfig, config, UNWATCHED);
    }

    /** The same, with Vert.x warning of anything that holds the event loop for longer. */
    static TestService watched(FakeModel model, EngineConfig engineConfig, ApiConfig config, long maxLoopMillis) {
        EngineLoop loop = new EngineLoop(model, engineConfig, EngineObserver.NONE, System::nanoTime);
        loop.start();
        TestService service = new TestService(loop, new ByteTokenizer(), config, maxLoopMillis);
        service.atClose.add(() -> model.gate(null)); // A step held back by a failed test ends.
        return service;
    }

    /** The engine loop on a model from a file; the model is closed with the service. */
    static TestService on(LoadedModel loaded, EngineConfig engineConfig, ApiConfig config) {
        EngineLoop loop = new EngineLoop(loaded.model(), engineConfig, EngineObserver.NONE, System::nanoTime);
        loop.start();
        TestService service = new TestService(loop, loaded.tokenizer(), config, UNWATCHED);
        service.afterEngine.add(loaded::close);
        return service;
    }

    /** The engine loop on a model that draws tokens by chance, whose chats have that layout. */
    static TestService drawing(Tokenizer tokenizer, ChatLayout layout) {
        EngineConfig engineConfig = new EngineConfig(
                new EngineConfig.Step(16, 2048, 64),
                new EngineConfig.Cache(32, CacheType.F16, 64 << 20),
                new EngineConfig.Admission(64, 32_768, 8, 256, 1 << 20));
        EngineLoop loop =
                new EngineLoop(FakeModel.of(tokenizer.size(), 0), engineConfig, EngineObserver.NONE, System::nanoTime);
        loop.start();
        return new TestService(loop, tokenizer, layout, CONFIG, UNWATCHED);
    }

    /** The engine loop on a model that plays a script. Closing it fails where the script could not be played. */
    static TestService playing(Script script, ChatLayout layout) {
        EngineConfig engineConfig = new EngineConfig(
                new EngineConfig.Step(16, 2048, 64),
                new EngineConfig.Cache(32, CacheType.F16, 64 << 20),
                new EngineConfig.Admission(64, 32_768, 8, 256, 1 << 20));
        EngineLoop loop =
                new EngineLoop(FakeModel.playing(script), engineConfig, EngineObserver.NONE, System::nanoTime);
        loop.start();
        TestService service = new TestService(loop, script.tokenizer(), layout, CONFIG, UNWATCHED);
        service.atEnd =
                () -> assertThat(script.faults()).as("faults of the script").isEmpty();
        return service;
    }

    /** Shares the answers that it leaves, and takes those of others that serve this model. */
    TestService sharing(Path answers, int model) {
        byte[] mark = new byte[32];
        mark[0] = (byte) model;
        kept.journal().open(new Journal(vertx, answers, mark, 1 << 26, Duration.ofHours(1), JournalObserver.NONE));
        return this;
    }

    /** Ends all answers, as at the end of a process. */
    int leave() {
        try {
            Journal journal = kept.journal().journal();
            return journal == null
                    ? new EarlierResponses(kept).endAll()
                    : Departure.of(journal, Duration.ofSeconds(30), List.of(new EarlierResponses(kept), streams));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }

    /** The event loop. */
    Context loop() {
        return vertx.getOrCreateContext(); // There is one loop.
    }

    @Override
    public void close() {
        service.stop(Duration.ofMillis(10)).await();
        closed = true;
        atClose.forEach(Runnable::run);
        engine.close();
        afterEngine.forEach(Runnable::run);
        generator.close();
        vertx.close().await();
        client.close();
        atEnd.run();
    }

    static ConditionFactory eventually() {
        return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1));
    }

    // ---- client

    /** The properties of a schema in the description of the API. */
    JsonObject properties(String schema) {
        return get("/openapi.json")
                .json()
                .getJsonObject("components")
                .getJsonObject("schemas")
                .getJsonObject(schema)
                .getJsonObject("properties");
    }

    /** A response with its body as JSON. */
    record Reply(int status, Map<String, List<String>> headers, String body) {
        JsonObject json() {
            return new JsonObject(body);
        }

        JsonObject error() {
            return json().getJsonObject("error");
        }

        String header(String name) {
            return headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of(""))
                    .getFirst();
        }

        /** The events of a stream, [DONE] left out, as the strictest of decoders reads it. */
        List<JsonObject> events() {
            return StrictEvents.of(body);
        }
    }

    Reply post(String path, String body) {
        return post(path, body.getBytes(StandardCharsets.UTF_8));
    }

    Reply post(String path, byte[] body) {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    Reply get(String path) {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)));
    }

    Reply send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response =
                    client.send(request.timeout(Duration.ofMinutes(3)).build(), HttpResponse.BodyHandlers.ofString());
            return new Reply(response.statusCode(), response.headers().map(), response.body());
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }

    Reply completion(JsonObject body) {
        return post("/v1/completions", body.encode());
    }

    Reply chat(JsonObject body) {
        return post("/v1/chat/completions", body.encode());
    }

    /** A chat request with one user message and these further fields. */
    static JsonObject chatBody(JsonObject more) {
        return new JsonObject()
                .put("model", MODEL)
                .put(
                        "messages",
                        new JsonArray().add(new JsonObject().put("role", "user").put("content", "hi")))
                .mergeIn(more);
    }

    static JsonObject body(String prompt, JsonObject more) {
        return new JsonObject().put("model", MODEL).put("prompt", prompt).mergeIn(more);
    }

    // ---- raw sockets

    /** A socket with a small receive buffer, so that what the client does not read stays at the server. */
    Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.setSoTimeout(180_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return socket;
    }

    static String request(String path, String body) {
        return "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body;
    }
}
