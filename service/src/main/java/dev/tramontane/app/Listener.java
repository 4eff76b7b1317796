package dev.tramontane.app;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.HealthRoutes;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.Instance;
import dev.tramontane.api.MetricsRoute;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.TraceSink;
import dev.tramontane.api.UnservedRoutes;
import dev.tramontane.api.VersionRoute;
import dev.tramontane.api.journal.Departure;
import dev.tramontane.api.journal.Journal;
import dev.tramontane.api.journal.JournalObserver;
import dev.tramontane.api.journal.JournalPlace;
import dev.tramontane.api.ollama.OllamaRoutes;
import dev.tramontane.api.openai.AdapterRoutes;
import dev.tramontane.api.openai.CapacityRoutes;
import dev.tramontane.api.openai.ModelRoutes;
import dev.tramontane.api.openai.OpenAiRoutes;
import dev.tramontane.api.openai.OpenApiRoute;
import dev.tramontane.api.openai.TokenizeRoutes;
import dev.tramontane.api.page.ChatPage;
import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.api.responses.EarlierResponses;
import dev.tramontane.api.responses.ResponseRoutes;
import dev.tramontane.api.responses.ResponseServices;
import dev.tramontane.api.responses.ResponseStore;
import dev.tramontane.api.responses.StoredRoutes;
import dev.tramontane.api.tgi.TgiRoutes;
import dev.tramontane.api.ws.ResponsesRoute;
import dev.tramontane.metrics.EventLoopDelay;
import dev.tramontane.metrics.HttpMetrics;
import dev.tramontane.metrics.MetricsText;
import io.netty.util.concurrent.EventExecutor;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.internal.VertxInternal;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/** The socket side of {@code serve}: Vert.x, all routes, and the address they are reached at. Used by the main thread. */
final class Listener implements AutoCloseable {
    /** Part of the heap for kept responses unless it is said. */
    private static final int RESPONSE_SHARE = 8;

    private final Vertx vertx;
    private final OpenDoors doors;
    private final EventLoopDelay delay;
    private final ResponseServices responses;
    private final EarlierResponses earlier;
    private final Departure.Leaving streams;

    private Listener(
            Vertx vertx, OpenDoors doors, EventLoopDelay delay, ResponseServices responses, Departure.Leaving streams) {
        this.streams = streams;
        this.responses = responses;
        earlier = new EarlierResponses(responses);
        this.vertx = vertx;
        this.doors = doors;
        this.delay = delay;
    }

    /**
     * Listens at once, so that probes are answered while the model loads.
     *
     * @param door by which it is reached
     * @throws ListenException when the address cannot be had
     */
    static Listener open(
            Configuration configuration,
            Stock stock,
            Serving serving,
            PrometheusRegistry registry,
            String fingerprint,
            Door door,
            TraceSink traces)
            throws InterruptedException {
        ApiConfig config = config(configuration, fingerprint);
        Vertx vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(config.eventLoops())
                // Nothing is served from files, so nothing needs a cache directory.
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        try {
            HttpObserver observer = new HttpMetrics(registry);
            RequestMemory memory = new RequestMemory(configuration
                    .http()
                    .requestMemory()
                    .orElse(Runtime.getRuntime().maxMemory() / 2));
            HttpMetrics.watch(memory, registry);
            MetricsText metrics = new MetricsText(registry, MetricsText.FRESH, System::nanoTime);
            InstantSource clock = InstantSource.system();
            KeptChoice kept = configuration.http().kept();
            ReplayLimits replay =
                    new ReplayLimits(kept.resumeBytes(), ReplayLimits.DEFAULT.readers(), kept.resumeTime());
            ResponseServices responses = new ResponseServices(
                    vertx, config, stock, observer, memory, store(kept), replay, clock, new JournalPlace());
            OpenAiRoutes chats =
                    new OpenAiRoutes(vertx, config, stock, observer, memory, replay, clock, responses.journal());
            List<ApiRoutes> operators =
                    List.of(new HealthRoutes(serving), new MetricsRoute(vertx, metrics), new CapacityRoutes(stock));
            List<ApiRoutes> routes = List.of(
                    // Whoever probes this port learns of this port, wherever the figures are.
                    operators.getFirst(),
                    door.managementPort().isPresent() ? nothing -> {} : operators.get(1),
                    operators.getLast(), // Answers a key's own question, too.
                    new ModelRoutes(stock),
                    new AdapterRoutes(vertx, config, stock, memory),
                    chats,
                    new TokenizeRoutes(vertx, config, stock, memory),
                    new ResponsesRoute(responses),
                    new ResponseRoutes(responses),
                    new StoredRoutes(responses),
                    new VersionRoute(Program.Version.number()),
                    new OpenApiRoute(Program.Version.number()),
                    new OllamaRoutes(vertx, config, stock, stock::facts, observer, memory, clock),
                    new TgiRoutes(vertx, config, stock, observer, memory, Program.Version.number()),
                    new UnservedRoutes(),
                    new ChatPage());
            OpenDoors doors = OpenDoors.open(
                    vertx, config, configuration.http().ollamaPort(), door, routes, operators, observer, traces);
            EventLoopDelay delay = new EventLoopDelay(((VertxInternal) vertx).nettyEventLoopGroup(), registry);
            return new Listener(vertx, doors, delay, responses, chats.streams());
        } catch (RuntimeException | InterruptedException failure) {
            vertx.close();
            throw failure;
        }
    }

    private static ResponseStore store(KeptChoice kept) {
        long bytes = kept.responseMemory().orElse(Runtime.getRuntime().maxMemory() / RESPONSE_SHARE);
        return new ResponseStore(bytes, kept.responseTime());
    }

    private static ApiConfig config(Configuration configuration, String fingerprint) {
        ApiConfig standard = ApiConfig.DEFAULT;
        HttpChoice http = configuration.http();
        return new ApiConfig(
                http.host(),
                http.port(),
                http.eventLoops().orElseGet(Listener::eventLoops),
                standard.transport()
                        .withConnections(Descriptors.connections(http.maxConnections(), Descriptors.limit())),
                standard.sockets()
                        .lanes(
                                http.socketAnswers(),
                                http.socketLanes(),
                                http.socketLife(),
                                standard.sockets().farewell()),
                standard.requests(),
                standard.heartbeat(),
                http.lookAhead(),
                http.allowed(),
                http.templateVariables(),
                http.ignoreUnknown(),
                fingerprint,
                http.instance().map(Instance::named).orElse(Instance.ALONE));
    }

    /** At least two, so that one that stands still leaves another to say so. */
    private static int eventLoops() {
        return Math.clamp(Runtime.getRuntime().availableProcessors() / 4, 2, 8);
    }

    /** Where it is reached. */
    OpenDoors doors() {
        return doors;
    }

    /** Lets the watchdog look at every event loop. */
    void watchedBy(Watchdog watchdog) {
        int number = 0;
        for (EventExecutor loop : ((VertxInternal) vertx).nettyEventLoopGroup()) {
            watchdog.watch(Pulse.of(loop, number++));
        }
    }

    /**
     * Shares the answers that this process leaves with the next ones, and takes those of earlier ones.
     *
     * @param mark of the model
     * @throws UsageException when the directory can be neither used nor made
     */
    void shareAnswers(Configuration configuration, byte[] mark, JournalObserver observer) {
        SnapshotChoice snapshots = configuration.engine().snapshots();
        Path directory = snapshots.answers().orElseThrow();
        try {
            responses
                    .journal()
                    .open(new Journal(
                            vertx,
                            directory,
                            mark,
                            snapshots.answerBytes(),
                            configuration.http().kept().responseTime(),
                            observer));
        } catch (UncheckedIOException unusable) {
            throw SnapshotFiles.unusable(directory, unusable);
        }
    }

    /**
     * Ends every kept response where it is, soon, and streams that may go on elsewhere: their readers are told that, why, and where
     * they go on if they do. Those that have ended are left to the next process, too.
     *
     * @param limit for writing the ones, and then for writing the others
     * @return how many were under way
     */
    int leaveAnswers(Duration limit) throws InterruptedException {
        Journal journal = responses.journal().journal();
        return journal == null ? earlier.endAll() : Departure.of(journal, limit, List.of(earlier, streams));
    }

    @Override
    public void close() {
        delay.close();
        vertx.close().await();
    }
}
