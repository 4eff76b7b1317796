package dev.tramontane.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.tramontane.faults.Fault;
import dev.tramontane.faults.FaultProxy;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pulls of several processes, of one that is killed, and over a line that is cut. */
class PullProcessesTest {
    private static final byte[] MODEL = Pulled.bytes(6 * Pulled.SEGMENT, 4);
    private static final String BLOB = Pulled.blobPath(MODEL);

    @TempDir
    Path folder;

    private final HubServer server;

    PullProcessesTest() throws IOException {
        server = Pulled.registry(new HubServer(), MODEL);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private Hub hub() {
        return new Hub(Pulled.config(folder.resolve("store"), server.uri(), Pulled.NOWHERE));
    }

    private void awaitLine(int process, String line) {
        await().until(() -> Files.readString(folder.resolve("log" + process)).contains(line));
    }

    private Process start(int process) throws Exception {
        return start(process, "tiny");
    }

    private Process start(int process, String name) throws Exception {
        return PullProgram.start(folder.resolve("store"), server.uri(), name, folder.resolve("log" + process));
    }

    @Test
    void onePullsForBoth() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        server.on(BLOB, request -> {
            try {
                go.await();
            } catch (InterruptedException ended) {
                throw new IllegalStateException(ended);
            }
            return HubServer.part(request, MODEL);
        });
        Process first = start(0);
        await().until(() -> !server.requests(BLOB).isEmpty()); // It has the lock.
        Process second = start(1);
        awaitLine(1, "waiting");
        assertThat(catchThrowable(() -> hub().prune())).hasMessageEndingWith("is under way; prune when it has ended");
        go.countDown();
        for (Process process : new Process[] {first, second}) {
            assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
        }
        awaitLine(0, "pulled " + MODEL.length);
        awaitLine(1, "pulled " + MODEL.length);
        assertThat(server.requests(BLOB)).hasSize(7); // what it is, and its segments, once
    }

    /** What was noted before the kill is not asked for again. */
    @Test
    void afterAKillAnotherGoesOn() throws Exception {
        server.on(
                BLOB, request -> HubServer.from(request) < 3 * Pulled.SEGMENT ? HubServer.part(request, MODEL) : null);
        Process killed = start(0);
        awaitLine(0, "at " + 3 * Pulled.SEGMENT);
        await().until(() -> server.requests(BLOB).stream()
                        .filter(r -> HubServer.from(r) >= 3 * Pulled.SEGMENT)
                        .count()
                == 3);
        killed.destroyForcibly();
        assertThat(killed.waitFor(3, TimeUnit.MINUTES)).isTrue();
        assertThat(hub().find(References.parse("tiny"))).isEmpty();
        server.file(BLOB, MODEL);
        int before = server.requests(BLOB).size();
        assertThat(hub().pull(References.parse("tiny"), PullListener.NONE).path())
                .hasBinaryContent(MODEL);
        assertThat(server.requests(BLOB).subList(before, server.requests(BLOB).size()))
                .filteredOn(request -> HubServer.from(request) % Pulled.SEGMENT == 0)
                .extracting(HubServer::from)
                .contains(3 * Pulled.SEGMENT, 4 * Pulled.SEGMENT, 5 * Pulled.SEGMENT)
                .doesNotContain(Pulled.SEGMENT, 2 * Pulled.SEGMENT);
    }

    /** In the middle of a member: what came before, that of it which was noted too, does not come again. */
    @Test
    void aTarGoesOnAfterAKill() throws Exception {
        byte[] small = "{}".getBytes(StandardCharsets.UTF_8);
        byte[] tar = new TarFile()
                .directory("m/")
                .pax('x', "path", "m/params.json")
                .file("m/p", small)
                .file("m/consolidated.safetensors", MODEL)
                .file("m/tokenizer.model.v3", small)
                .whole();
        server.on(
                "/m.tar",
                request -> HubServer.from(request) < 4 * Pulled.SEGMENT ? HubServer.part(request, tar) : null);
        String url = server.uri() + "/m.tar#sha256=" + Digest.sha256(tar);
        Process killed = start(0, url);
        awaitLine(0, "at " + 4 * Pulled.SEGMENT);
        Path scratch = Folders.list(folder.resolve("store/partial")).getFirst();
        await().until(() -> Files.exists(scratch.resolve("note.json")));
        killed.destroyForcibly();
        assertThat(killed.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(hub().list()).isEmpty();
        server.file("/m.tar", tar);
        int before = server.requests("/m.tar").size();
        Process next = start(1, url);
        assertThat(next.waitFor(2, TimeUnit.MINUTES)).isTrue();
        awaitLine(1, "pulled " + (MODEL.length + 2 * small.length));
        assertThat(Files.readString(folder.resolve("log1"))).contains("checking ");
        assertThat(server.requests("/m.tar")
                        .subList(before, server.requests("/m.tar").size()))
                .filteredOn(request -> !"bytes=0-0".equals(request.header("range")))
                .isNotEmpty()
                .allSatisfy(request -> assertThat(HubServer.from(request)).isGreaterThanOrEqualTo(3 * Pulled.SEGMENT));
        Path model = hub().find(References.parse(url)).orElseThrow().path();
        assertThat(model.resolve("params.json")).hasBinaryContent(small);
        assertThat(model.resolve("consolidated.safetensors")).hasBinaryContent(MODEL);
        assertThat(Folders.list(folder.resolve("store/partial"))).isEmpty();
    }

    /** Every connection is reset after some thousand bytes: each brings a little. */
    @Test
    void aLineThatIsResetAgainAndAgain() throws Exception {
        try (FaultProxy proxy = FaultProxy.before(server.port())) {
            AtomicInteger connections = new AtomicInteger();
            server.on(BLOB, request -> {
                connections.incrementAndGet();
                return HubServer.part(request, MODEL);
            });
            proxy.toClients(Fault.NONE.ending(Fault.End.TRUNCATE, 12_000));
            Hub behind = new Hub(Pulled.config(
                    folder.resolve("store"), URI.create("http://127.0.0.1:" + proxy.port()), Pulled.NOWHERE));
            assertThat(behind.pull(References.parse("tiny"), PullListener.NONE).path())
                    .hasBinaryContent(MODEL);
            assertThat(connections).hasValueGreaterThan(8);
        }
    }
}
