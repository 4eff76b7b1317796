package dev.tramontane.app;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.HttpService;
import dev.tramontane.api.TraceSink;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.ServerSSLOptions;
import java.net.BindException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;

/**
 * The addresses that the service listens at: the clients', the one where Ollama's clients look, where that is wanted, and the operator's, where he has one.
 * Used by the main thread.
 *
 * @param clients services that clients reach
 * @param address where clients connect
 * @param ollamaAddress the same at the port of Ollama's clients
 * @param managementAddress where the operator connects, if by a door of his own
 */
record OpenDoors(
        List<HttpService> clients, String address, Optional<String> ollamaAddress, Optional<String> managementAddress) {

    /**
     * Listens.
     *
     * @param routes for clients
     * @param operators for the operator
     * @throws ListenException when an address cannot be had
     */
    static OpenDoors open(
            Vertx vertx,
            ApiConfig config,
            OptionalInt ollamaPort,
            Door door,
            List<ApiRoutes> routes,
            List<ApiRoutes> operators,
            HttpObserver observer,
            TraceSink traces)
            throws InterruptedException {
        List<HttpService> clients = new ArrayList<>();
        clients.add(new HttpService(vertx, config, routes, observer, door.keeper(), traces));
        String host = config.host();
        if (ollamaPort.isPresent()) {
            ApiConfig second = config.at(host, ollamaPort.getAsInt());
            clients.add(clients.getFirst().beside(second, routes, door.keeper(), traces));
        }
        door.tls().ifPresent(files -> secure(clients, files, door, vertx));
        String scheme = door.tls().isPresent() ? "https" : "http";
        int port = await(clients.getFirst().start(), host, config.port(), Setting.HOST, Setting.PORT);
        Optional<String> ollama = Optional.empty();
        if (ollamaPort.isPresent()) {
            int bound = await(clients.getLast().start(), host, ollamaPort.getAsInt(), Setting.HOST, Setting.OLLAMA);
            ollama = Optional.of(address(scheme, host, bound));
        }
        return new OpenDoors(
                List.copyOf(clients), address(scheme, host, port), ollama, manage(door, config, vertx, operators));
    }

    private static String address(String scheme, String host, int port) {
        return scheme + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    private static void secure(List<HttpService> services, TlsFiles files, Door door, Vertx vertx) {
        ServerSSLOptions first = files.read(vertx);
        services.forEach(service -> service.secure(first.copy()));
        if (door.files() != null) {
            door.files().watch("tls", files.all(), () -> {
                ServerSSLOptions renewed = files.read(vertx);
                return () -> Future.join(services.stream()
                                .map(service -> service.renew(renewed.copy()))
                                .toList())
                        .await();
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

    /** Asks every client to come back by another connection: each gets its answer, and its connection is closed. */
    void leave() {
        clients.forEach(HttpService::leave);
    }

    /** Stops accepting; connections have until {@code grace} is over to take what was sent to them. */
    void finish(Duration grace) throws InterruptedException {
        try {
            Future.join(clients.stream().map(service -> service.stop(grace)).toList())
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get();
        } catch (ExecutionException failed) {
            throw new ListenException("the HTTP service did not stop as it should", failed);
        }
    }
}
