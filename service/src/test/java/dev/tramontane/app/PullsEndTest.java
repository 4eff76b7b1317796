package dev.tramontane.app;

import static dev.tramontane.app.PullingServer.error;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.Mappings;
import dev.tramontane.hub.HubServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pulls and deletions under others who pull, delete, ask and leave, and under the end of the server. */
class PullsEndTest {
    @TempDir
    private Path folder;

    private final HubServer registry;

    PullsEndTest() throws IOException {
        registry = new HubServer();
    }

    @AfterEach
    void stop() throws IOException {
        registry.close();
    }

    private PullingServer server(String... more) throws IOException {
        return PullingServer.bounded(registry, folder, more);
    }

    @Test
    void twoHearOfOnePullAndOneWhoLeavesEndsNothing() throws Exception {
        byte[] model = PullingServer.offer(registry, "tiny", 7);
        CompletableFuture<Void> go = new CompletableFuture<>();
        registry.on(PullingServer.blob("tiny", model), request -> {
            go.join();
            return HubServer.part(request, model);
        });
        PullingServer.offer(registry, "later", 8);
        try (PullingServer server = server()) {
            CompletableFuture<HttpResponse<String>> stays = server.server.sendLater(server.pulling("tiny"));
            server.awaitRequests(PullingServer.blob("tiny", model), 1);
            try (StalledLines leaves =
                    new StalledLines(server.server.address, "/api/pull", PullingServer.named("tiny"))) {
                CompletableFuture<HttpResponse<String>> queued = server.server.sendLater(server.pulling("later"));
                assertThat(error(server.delete("tiny"), 409)).contains("is being fetched");
                leaves.leave();
                go.complete(null);
                assertThat(stays.join().body()).endsWith("{\"status\":\"success\"}\n");
                assertThat(queued.join().body()).endsWith("{\"status\":\"success\"}\n");
            }
            assertThat(registry.requests(PullingServer.manifest("tiny"))).hasSize(1);
            assertThat(server.tags()).containsExactly("small", "tiny:latest", "later:latest");
        }
    }

    /** As Ollama has it. */
    @Test
    void aPullThatNobodyHearsEnds() throws Exception {
        byte[] model = PullingServer.offer(registry, "tiny", 7);
        registry.on(
                PullingServer.blob("tiny", model),
                request -> HubServer.from(request) < 0 ? HubServer.part(request, model) : null);
        PullingServer.offer(registry, "other", 8);
        try (PullingServer server = server()) {
            try (StalledLines leaves =
                    new StalledLines(server.server.address, "/api/pull", PullingServer.named("tiny"))) {
                server.awaitRequests(PullingServer.blob("tiny", model), 1);
                leaves.leave();
            }
            // It would wait behind the one that hangs.
            assertThat(server.pull("other").getLast().getString("status")).isEqualTo("success");
            registry.file(PullingServer.blob("tiny", model), model);
            assertThat(server.pull("tiny").getLast().getString("status")).isEqualTo("success");
            assertThat(PullingServer.files(folder, "partial")).isEmpty();
        }
    }

    /** Whoever listens is told, and the next process goes on. */
    @Test
    void theEndOfTheServerEndsPulls() throws Exception {
        byte[] model = PullingServer.offer(registry, "tiny", 7);
        PullingServer.offer(registry, "behind", 8);
        registry.on(
                PullingServer.blob("tiny", model),
                request -> HubServer.from(request) < 0 ? HubServer.part(request, model) : null);
        List<CompletableFuture<HttpResponse<String>>> cut;
        try (PullingServer server = server()) {
            CompletableFuture<HttpResponse<String>> first = server.server.sendLater(server.pulling("tiny"));
            server.awaitRequests(PullingServer.blob("tiny", model), 1);
            cut = List.of(first, server.server.sendLater(server.pulling("behind")));
            // Its head is out when it waits behind the first.
            await().until(() -> server.server
                    .send(server.server.request("/metrics").build())
                    .body()
                    .contains("tramontane_http_open_streams{route=\"/api/pull\"} 2"));
            server.server.terminate();
            for (CompletableFuture<HttpResponse<String>> each : cut) {
                assertThat(each.join().body()).contains("\"error\"").doesNotContain("success");
            }
        }
        registry.file(PullingServer.blob("tiny", model), model);
        try (PullingServer server = server()) {
            assertThat(server.tags()).containsExactly("small");
            assertThat(server.pull("tiny").getLast().getString("status")).isEqualTo("success");
        }
    }

    @Test
    void whatRunsEndsBeforeItsModelIsDeleted() throws Exception {
        PullingServer.offer(registry, "tiny", 7);
        try (PullingServer server = server()) {
            assertThat(server.pull("tiny").getLast().getString("status")).isEqualTo("success");
            BufferedReader running = server.server.stream("tiny", 400);
            CompletableFuture<HttpResponse<String>> deleted = server.server.sendLater(server.deleting("tiny"));
            await().until(() -> server.tags().equals(List.of("small")));
            assertThat(error(server.delete("tiny"), 409)).contains("is being deleted");
            assertThat(error(server.server.send(server.pulling("tiny")), 409)).contains("is being deleted");
            assertThat(PullingServer.files(folder, "blobs")).hasSize(1);
            assertThat(deleted).isNotDone();
            assertThat(running.lines()
                            .filter(line -> line.startsWith("data: "))
                            .toList()
                            .getLast())
                    .isEqualTo("data: [DONE]");
            assertThat(deleted.join().statusCode()).isEqualTo(200);
            assertThat(PullingServer.files(folder, "blobs")).isEmpty();
        }
    }

    /** A store that is written is swept when that is over. */
    @Test
    void whatIsDeletedDuringAnothersPullLeavesNothing() throws Exception {
        byte[] other = PullingServer.offer(registry, "other", 8);
        PullingServer.offer(registry, "tiny", 7);
        CompletableFuture<Void> go = new CompletableFuture<>();
        registry.on(PullingServer.blob("other", other), request -> {
            go.join();
            return HubServer.part(request, other);
        });
        try (PullingServer server = server()) {
            server.pull("tiny");
            CompletableFuture<HttpResponse<String>> pulled = server.server.sendLater(server.pulling("other"));
            server.awaitRequests(PullingServer.blob("other", other), 1);
            server.deleted("tiny");
            assertThat(server.tags()).containsExactly("small");
            go.complete(null);
            assertThat(pulled.join().body()).endsWith("{\"status\":\"success\"}\n");
            await().until(() -> PullingServer.files(folder, "blobs").size() == 1);
        }
    }

    @Test
    void nothingIsLeftOfManyThatCameAndWent() throws Exception {
        for (int i = 0; i < 3; i++) {
            PullingServer.offer(registry, "m" + i, 10 + i);
        }
        try (PullingServer server = server()) {
            churn(server);
            long before = descriptors();
            for (int i = 0; i < 2; i++) {
                churn(server);
            }
            await().until(() -> descriptors() <= before + 4);
            assertThat(Mappings.under(PullingServer.store(folder))).isEmpty();
            assertThat(server.server.states()).containsExactly("small loaded");
            assertThat(PullingServer.files(folder, "blobs")).isEmpty();
            assertThat(PullingServer.files(folder, "partial")).isEmpty();
        }
    }

    private static void churn(PullingServer server) throws Exception {
        List<CompletableFuture<HttpResponse<String>>> pulls = Stream.of("m0", "m1", "m2")
                .map(name -> server.server.sendLater(server.pulling(name)))
                .toList();
        pulls.forEach(CompletableFuture::join);
        List<CompletableFuture<HttpResponse<String>>> asked = Stream.of("m0", "m1")
                .map(name -> server.server.sendLater(
                        server.server.post("/v1/completions", SeveralModels.completion(name, 8))))
                .toList();
        List<CompletableFuture<HttpResponse<String>>> deletes = Stream.of("m2", "m1", "m0")
                .map(name -> server.server.sendLater(server.deleting(name)))
                .toList();
        for (CompletableFuture<HttpResponse<String>> deleted : deletes) {
            assertThat(deleted.join().statusCode()).as(deleted.join().body()).isEqualTo(200);
        }
        for (CompletableFuture<HttpResponse<String>> answer : asked) {
            assertThat(answer.join().statusCode()).as(answer.join().body()).isIn(200, 404);
        }
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        }
    }
}
