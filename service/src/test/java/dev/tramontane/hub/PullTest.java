package dev.tramontane.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.HubServer.Reply;
import dev.tramontane.hub.PullPlan.PlannedFile;
import dev.tramontane.hub.StoredModel.Place;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that come over good and bad lines, from honest and other servers. */
class PullTest {
    private static final byte[] MODEL = Pulled.bytes(4 * Pulled.SEGMENT + 77, 1);
    private static final Reference TINY = References.parse("tiny");
    private static final String BLOB = Pulled.blobPath(MODEL);

    @TempDir
    Path folder;

    private HubServer server;

    PullTest() throws IOException {
        server = new HubServer();
    }

    @BeforeEach
    void start() {
        Pulled.registry(server, MODEL);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private Path store() {
        return folder.resolve("store");
    }

    private Hub hub() {
        return new Hub(Pulled.config(store(), server.uri(), Pulled.NOWHERE));
    }

    private HubException refused(Hub hub, Reference name) {
        HubException[] thrown = new HubException[1];
        assertThatThrownBy(() -> hub.pull(name, PullListener.NONE))
                .isInstanceOfSatisfying(HubException.class, failure -> thrown[0] = failure);
        assertThat(String.valueOf(thrown[0].getMessage()).lines()).hasSize(1);
        return thrown[0];
    }

    private List<Path> left(String folderName) throws IOException {
        Path left = store().resolve(folderName);
        if (!Files.isDirectory(left)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(left)) {
            return files.toList();
        }
    }

    @Test
    void comesInSegmentsAndIsThere() throws Exception {
        List<String> told = new ArrayList<>();
        StoredModel model = hub().pull(TINY, new PullListener() {
            @Override
            public void planned(PullPlan plan, long missing) {
                told.add("planned " + missing + " of " + plan.bytes());
            }

            @Override
            public void at(PlannedFile file, long done) {
                told.add("at " + done);
            }

            @Override
            public void checked(PullPlan plan) {
                told.add("checked");
            }
        });
        assertThat(model.path()).hasBinaryContent(MODEL).hasFileName("tiny-latest.gguf");
        assertThat(model.place()).isEqualTo(Place.OWN);
        assertThat(told)
                .startsWith("planned " + MODEL.length + " of " + MODEL.length)
                .contains("at " + MODEL.length)
                .endsWith("checked");
        assertThat(server.requests(BLOB)).hasSize(6); // what it is, and five segments
        assertThat(left("partial")).isEmpty();
        assertThat(hub().find(TINY)).contains(model);
        hub().pull(TINY, PullListener.NONE);
        assertThat(server.requests(BLOB)).hasSize(6);
    }

    @Test
    void whatIsCutGoesOnFromThere() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        server.on(BLOB, request -> {
            Reply whole = HubServer.part(request, MODEL);
            return asked.incrementAndGet() % 2 == 0 ? whole.cutAfter(5000) : whole;
        });
        assertThat(hub().pull(TINY, PullListener.NONE).path()).hasBinaryContent(MODEL);
        assertThat(server.requests(BLOB)).anyMatch(request -> HubServer.from(request) % Pulled.SEGMENT == 5000);
    }

    /** The next pull, perhaps of another process, asks only for what is not there. */
    @Test
    void aPullThatFailedGoesOnInTheNext() throws Exception {
        server.on(
                BLOB,
                request -> String.valueOf(request.header("range")).startsWith("bytes=" + 4 * Pulled.SEGMENT + "-")
                        ? HubServer.reply(500, new byte[0])
                        : HubServer.part(request, MODEL));
        assertThat(refused(hub(), TINY).kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(hub().find(TINY)).isEmpty();
        int before = server.requests(BLOB).size();
        server.file(BLOB, MODEL);
        List<Long> missing = new ArrayList<>();
        StoredModel model = hub().pull(TINY, new PullListener() {
            @Override
            public void planned(PullPlan plan, long bytes) {
                missing.add(bytes);
            }
        });
        assertThat(model.path()).hasBinaryContent(MODEL);
        assertThat(missing.getFirst()).isLessThan((long) MODEL.length);
        assertThat(server.requests(BLOB).size() - before).isLessThan(5);
    }

    @Test
    void aServerWithoutPartsIsReadWhole() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        server.on(BLOB, request -> {
            Reply whole = HubServer.reply(200, MODEL);
            return asked.incrementAndGet() == 2 ? whole.cutAfter(30_000) : whole;
        });
        assertThat(hub().pull(TINY, PullListener.NONE).path()).hasBinaryContent(MODEL);
        assertThat(asked).hasValue(3);
    }

    @Test
    void anotherFileIsThrownAway() throws Exception {
        byte[] other = Pulled.bytes(MODEL.length, 2);
        server.file(BLOB, other);
        HubException wrong = refused(hub(), TINY);
        assertThat(wrong.kind()).isEqualTo(Kind.WRONG);
        assertThat(wrong)
                .hasMessageContaining(Digest.sha256(other))
                .hasMessageContaining(Digest.sha256(MODEL))
                .hasMessageContaining("pull again");
        assertThat(left("partial")).isEmpty();
        assertThat(left("blobs")).isEmpty();
        assertThat(hub().list()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "longer, was said to have",
        "shorter, was said to have",
        "endless, sends more of",
        "nothing, cut the connection",
        "unsaid, does not say how long"
    })
    void lengthsThatAreNotSoAreRefused(String lie, String words) throws Exception {
        server.on(BLOB, request -> {
            Reply part = HubServer.part(request, MODEL);
            boolean first = "bytes=0-0".equals(request.header("range"));
            return switch (lie) {
                case "longer" -> part.with("Content-Range", "bytes 0-0/" + (MODEL.length + 1));
                case "shorter" -> part.with("Content-Range", "bytes 0-0/" + (MODEL.length - 1));
                case "endless" -> first ? part : more(part);
                case "nothing" -> first ? part : part.cutAfter(0);
                default -> new Reply(200, Map.of(), MODEL);
            };
        });
        assertThat(refused(hub(), TINY)).hasMessageContaining(words);
        assertThat(left("blobs")).isEmpty();
    }

    /** In chunks, whose end is not said before. */
    private static Reply more(Reply part) {
        byte[] chunk = ("40000\r\n" + "x".repeat(0x40000) + "\r\n0\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
        return new Reply(
                206,
                Map.of(
                        "Transfer-Encoding",
                        "chunked",
                        "ETag",
                        String.valueOf(part.headers().get("ETag")),
                        "Content-Range",
                        String.valueOf(part.headers().get("Content-Range"))),
                chunk);
    }

    /** Half of one file and half of another would be no file at all. */
    @Test
    void aFileThatChangesBeginsAnew() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        server.on(BLOB, request -> {
            Reply part = HubServer.part(request, MODEL);
            return asked.incrementAndGet() < 4 ? part.with("ETag", "\"before\"") : part;
        });
        assertThat(hub().pull(TINY, PullListener.NONE).path()).hasBinaryContent(MODEL);
        AtomicInteger always = new AtomicInteger();
        server.on(
                "/v2/library/tiny/blobs/sha256:" + Digest.sha256(new byte[40_000]),
                request ->
                        HubServer.part(request, new byte[40_000]).with("ETag", "\"" + always.incrementAndGet() + "\""));
        server.on("/v2/library/tiny/manifests/latest", request -> HubServer.json(Pulled.manifest(new byte[40_000])));
        assertThat(refused(hub(), TINY)).hasMessageContaining("changes at its server");
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503, 500, 408})
    void whatPassesIsAskedAgain(int status) throws Exception {
        AtomicInteger asked = new AtomicInteger();
        server.on(
                BLOB,
                request -> asked.incrementAndGet() % 2 == 1
                        ? HubServer.reply(status, new byte[0]).with("Retry-After", "1")
                        : HubServer.part(request, MODEL));
        List<Duration> waits = new ArrayList<>();
        HubConfig config = Pulled.config(store(), server.uri(), Pulled.NOWHERE);
        HubConfig waiting = new HubConfig(
                config.store(),
                config.ollama(),
                config.huggingFace(),
                config.ollamaRegistry(),
                config.huggingFaceHub(),
                config.token(),
                config.keys(),
                1,
                config.segment(),
                config.patience(),
                config.freeBytes(),
                waits::add);
        assertThat(new Hub(waiting).pull(TINY, PullListener.NONE).path()).hasBinaryContent(MODEL);
        assertThat(waits).isNotEmpty().containsOnly(Duration.ofSeconds(1));
    }

    @ParameterizedTest
    @CsvSource({
        "401, DENIED, what asks for a password is not answered here",
        "403, DENIED, status 403",
        "404, ABSENT, has no tiny:latest",
        "418, WRONG, answers with status 418",
        "429, UNREACHABLE, too many requests from here",
        "500, UNREACHABLE, answers with status 500",
    })
    void whatIsRefusedIsSaid(int status, Kind kind, String words) throws Exception {
        server.on(
                "/v2/library/tiny/manifests/latest",
                request -> HubServer.reply(status, new byte[0]).with("Retry-After", "86400"));
        HubException refused = refused(hub(), TINY);
        assertThat(refused.kind()).isEqualTo(kind);
        assertThat(refused).hasMessageContaining(words);
        assertThat(server.requests()).hasSize(1); // A day is not waited for.
    }

    @Test
    void nobodyThereIsSaid() {
        assertThat(refused(new Hub(Pulled.config(store(), Pulled.NOWHERE, Pulled.NOWHERE)), TINY))
                .hasMessage("127.0.0.1:1 takes no connection");
    }

    /** As the JDK's client says it. */
    @Test
    void aHostThatNobodyKnowsIsSaid() {
        IOException failure = new ConnectException();
        failure.initCause(new UnresolvedAddressException());
        assertThat(Refusals.of(failure, URI.create("https://hub.example.org")))
                .hasMessageStartingWith("hub.example.org is not known to this machine's resolver");
    }

    @Test
    void whoSaysNothingIsGivenUp() throws Exception {
        server.on(BLOB, request -> null);
        Hub impatient = new Hub(Pulled.config(
                store(),
                server.uri(),
                Pulled.NOWHERE,
                Optional.empty(),
                path -> Long.MAX_VALUE,
                Duration.ofMillis(500)));
        assertThat(refused(impatient, TINY)).hasMessageEndingWith("sends nothing any more");
    }

    @Test
    void roomIsLookedForBefore() throws Exception {
        Hub full = new Hub(Pulled.config(
                store(), server.uri(), Pulled.NOWHERE, Optional.empty(), path -> 1_000_000, Duration.ofMinutes(2)));
        HubException refused = refused(full, TINY);
        assertThat(refused.kind()).isEqualTo(Kind.STORE);
        assertThat(refused).hasMessageContaining("needs 68 MB more").hasMessageContaining("1 MB are free");
        assertThat(server.requests(BLOB)).isEmpty();
    }

    @Test
    void otherHostsAreFollowedSomeWay() throws Exception {
        try (HubServer other = new HubServer()) {
            other.file("/cdn", MODEL);
            server.on(BLOB, request -> HubServer.redirect(URI.create(other.uri() + "/cdn")));
            assertThat(hub().pull(TINY, PullListener.NONE).path()).hasBinaryContent(MODEL);
            assertThat(hub().remove(TINY)).isTrue();
            server.on(BLOB, request -> HubServer.redirect(URI.create(server.uri() + BLOB)));
            assertThat(refused(hub(), TINY)).hasMessageContaining("leads from one place to the next more than 8 times");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:///etc/passwd",
                "ftp://127.0.0.1/x",
                "http://user:word@127.0.0.1/x",
                "http://127.0.0.1:99999/x",
                "::"
            })
    void noWayLeadsElsewhere(String location) throws Exception {
        server.on(BLOB, request -> HubServer.reply(302, new byte[0]).with("Location", location));
        assertThat(refused(hub(), TINY)).hasMessageContaining("which is no address");
    }

    @Test
    void noWayLeadsFromTlsToPlainHttp() {
        assertThatThrownBy(() -> Transport.next(URI.create("https://example.org/a"), "http://example.org/b"))
                .hasMessage("example.org leads to \"http://example.org/b\", which is plain http");
        assertThat(Transport.next(URI.create("https://example.org/a"), "/b")).hasToString("https://example.org/b");
    }

    @Test
    void anInterruptEndsItAndLeavesWhatCame() throws Exception {
        server.on(
                BLOB,
                request -> String.valueOf(request.header("range")).startsWith("bytes=0-")
                        ? HubServer.part(request, MODEL)
                        : null);
        Thread here = Thread.currentThread();
        assertThatThrownBy(() -> hub().pull(TINY, new PullListener() {
                    @Override
                    public void at(PlannedFile file, long done) {
                        if (done >= Pulled.SEGMENT) {
                            here.interrupt();
                        }
                    }
                }))
                .isInstanceOf(InterruptedException.class);
        assertThat(left("partial")).hasSize(2);
        server.file(BLOB, MODEL);
        assertThat(hub().pull(TINY, PullListener.NONE).path()).hasBinaryContent(MODEL);
    }
}
