package dev.tramontane.app;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.HealthRoutes;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.HttpService;
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
import dev.tramontane.api.ws.ResponsesRoute;
import dev.tramontane.metrics.EventLoopDelay;
import dev.tramontane.metrics.HttpMetrics;
import dev.tramontane.metrics.MetricsText;
import io.netty.util.concurrent.EventExecutor;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.ServerSSLOptions;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;

/** The socket side of {@code serve}: Vert.x, all routes, and the address they are reached at. Used by the main thread. */
final class Listener implements AutoCloseable {
    /** Part of the heap for kept responses unless it is said. */
    private static final int RESPONSE_SHARE = 8;

    private final Vertx vertx;
    private final HttpService http;
    private final EventLoopDelay delay;
    private final ResponseServices responses;
    private final EarlierResponses earlier;
    private final Departure.Leaving streams;
    private final String address;
    private final Optional<String> management;

    private Listener(
            Vertx vertx,
            HttpService http,
            EventLoopDelay delay,
            ResponseServices responses,
            Departure.Leaving streams,
            String address,
            Optional<String> management) {
        this.streams = streams;
        this.responses = responses;
        earlier = new EarlierResponses(responses);
        this.vertx = vertx;
        this.http = http;
        this.delay = delay;
        this.address = address;
        this.management = management;
    }

    /**
     * Listens at once, so that probes are answered while the model loads.
     *
     * @param door by which it is reached
     * @throws ListenException when the address cannot be had
     */
    static Listener open(
            Configuration configuration,
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
            Configuration.KeptChoice kept = configuration.http().kept();
            ReplayLimits replay =
                    new ReplayLimits(kept.resumeBytes(), ReplayLimits.DEFAULT.readers(), kept.resumeTime());
            ResponseServices responses = new ResponseServices(
                    vertx, config, serving, observer, memory, store(kept), replay, clock, new JournalPlace());
            OpenAiRoutes chats =
                    new OpenAiRoutes(vertx, config, serving, observer, memory, replay, clock, responses.journal());
            List<ApiRoutes> operators =
                    List.of(new HealthRoutes(serving), new MetricsRoute(vertx, metrics), new CapacityRoutes(serving));
            HttpService http = new HttpService(
                    vertx,
                    config,
                    List.of(
                            // Whoever probes this port learns of this port, wherever the figures are.
                            operators.getFirst(),
                            door.managementPort().isPresent() ? nothing -> {} : operators.get(1),
                            operators.getLast(), // Answers a key's own question, too.
                            new ModelRoutes(serving),
                            chats,
                            new TokenizeRoutes(vertx, config, serving, memory),
                            new ResponsesRoute(responses),
                            new ResponseRoutes(responses),
                            new StoredRoutes(responses),
                            new VersionRoute(Program.Version.number()),
                            new OpenApiRoute(Program.Version.number()),
                            new UnservedRoutes(),
                            new ChatPage()),
                    observer,
                    door.keeper(),
                    traces);
            door.tls().ifPresent(files -> secure(http, files, door, vertx));
            int port = await(http.start(), config.host(), config.port(), Setting.HOST, Setting.PORT);
            Optional<String> management = manage(door, config, vertx, operators);
            EventLoopDelay delay = new EventLoopDelay(((VertxInternal) vertx).nettyEventLoopGroup(), registry);
            String scheme = door.tls().isPresent() ? "https" : "http";
            return new Listener(
                    vertx, http, delay, responses, chats.streams(), address(scheme, config.host(), port), management);
        } catch (RuntimeException | InterruptedException failure) {
            vertx.close();
            throw failure;
        }
    }

    private static String address(String scheme, String host, int port) {
        return scheme + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    private static void secure(HttpService http, TlsFiles files, Door door, Vertx vertx) {
        http.secure(files.read(vertx));
        if (door.files() != null) {
            door.files().watch("tls", files.all(), () -> {
                ServerSSLOptions renewed = files.read(vertx);
                return () -> http.renew(renewed).await();
            });
        }
    }

    /** Opens the operator's door, where it is wanted: plain, on a thread of the same, and counted nowhere. */
    private static Optional<String> manage(Door door, ApiConfig config, Vertx vertx, List<ApiRoutes> routes)
            throws InterruptedException {
        if (door.managementPort().isEmpty()) {
            return Optional.empty();
        }
        String host = door.managementHost();
        int asked = door.managementPort().getAsInt();
        HttpService http = new HttpService(vertx, config.at(host, asked), routes, HttpObserver.NONE);
        int port = await(http.start(), host, asked, Setting.MANAGEMENT_HOST, Setting.MANAGEMENT_PORT);
        return Optional.of(address("http", host, port));
    }

    private static ResponseStore store(Configuration.KeptChoice kept) {
        long bytes = kept.responseMemory().orElse(Runtime.getRuntime().maxMemory() / RESPONSE_SHARE);
        return new ResponseStore(bytes, kept.responseTime());
    }

    private static ApiConfig config(Configuration configuration, String fingerprint) {
        ApiConfig standard = ApiConfig.DEFAULT;
        Configuration.HttpChoice http = configuration.http();
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

    private static int await(Future<Integer> port, String host, int asked, Setting hosts, Setting ports)
            throws InterruptedException {
        try {
            return port.toCompletionStage().toCompletableFuture().get();
        } catch (ExecutionException failed) {
            Throwable cause = failed.getCause();
            String where = "cannot listen at " + host + " port " + asked + ": ";
            String why = switch (cause) {
                case BindException taken ->
                    taken.getMessage() + "; choose another " + hosts.flag() + " or " + ports.flag() + ", or "
                            + ports.flag() + " 0 for a free one";
                case UnknownHostException unknown -> "there is no such " + hosts.flag();
                case null -> "the system says no reason";
                default -> String.valueOf(cause.getMessage());
            };
            throw new ListenException(where + why, failed);
        }
    }

    /** Where clients connect: "http://127.0.0.1:8080". */
    String address() {
        return address;
    }

    /** Where the operator connects, if by a door of his own. */
    Optional<String> managementAddress() {
        return management;
    }

    /** Lets the watchdog look at every event loop. */
    void watchedBy(Watchdog watchdog) {
        int number = 0;
        for (EventExecutor loop : ((VertxInternal) vertx).nettyEventLoopGroup()) {
            watchdog.watch(Pulse.of(loop, number++));
        }
    }

    /** Asks every client to come back by another connection: each gets its answer, and its connection is closed. */
    void leave() {
        http.leave();
    }

    /**
     * Shares the answers that this process leaves with the next ones, and takes those of earlier ones.
     *
     * @param mark of the model
     * @throws UsageException when the directory can be neither used nor made
     */
    void shareAnswers(Configuration configuration, byte[] mark, JournalObserver observer) {
        Configuration.SnapshotChoice snapshots = configuration.engine().snapshots();
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

    /** Stops accepting; connections have until {@code grace} is over to take what was sent to them. */
    void finish(Duration grace) throws InterruptedException {
        try {
            http.stop(grace).toCompletionStage().toCompletableFuture().get();
        } catch (ExecutionException failed) {
            throw new ListenException("the HTTP service did not stop as it should", failed);
        }
    }

    @Override
    public void close() {
        delay.close();
        vertx.close().await();
    }
}
