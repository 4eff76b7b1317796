package dev.tramontane.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.HubServer.Reply;
import dev.tramontane.hub.HubServer.Request;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Registries that give out tokens: to anybody, as those of the distribution specification, or for a signature, as Ollama's. */
class RegistryTokensTest {
    private static final byte[] MODEL = Pulled.bytes(5 * Pulled.SEGMENT, 21);
    private static final String BLOB = Pulled.blobPath(MODEL);
    private static final String MANIFEST = "/v2/library/tiny/manifests/latest";
    private static final Reference TINY = References.parse("tiny");

    /** What stands before the 32 bytes of a public half in X.509, by RFC 8410. */
    private static final byte[] X509 = HexFormat.of().parseHex("302a300506032b6570032100");

    @TempDir
    Path folder;

    private final HubServer server;
    private final HubServer elsewhere;

    /** Tokens that were given out, with how many more requests each is good for. */
    private final Map<String, AtomicInteger> tokens = new ConcurrentHashMap<>();

    private final List<Request> knocks = new CopyOnWriteArrayList<>();
    private final List<String> faults = new CopyOnWriteArrayList<>();
    private final Set<String> known = ConcurrentHashMap.newKeySet();
    private volatile int lifetime = Integer.MAX_VALUE;
    private volatile boolean anybody;

    RegistryTokensTest() throws IOException {
        server = new HubServer();
        elsewhere = new HubServer();
        registry("/token", server);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        elsewhere.close();
        assertThat(faults).isEmpty();
    }

    /** A registry whose tokens are given out there. */
    private void registry(String path, HubServer gate) {
        String challenge = "Bearer realm=\"" + gate.uri() + path
                + "\",service=\"ollama\",scope=\"repository:library/tiny:pull other\"";
        server.on(MANIFEST, request -> guarded(request, challenge, HubServer.json(Pulled.manifest(MODEL))));
        server.on(BLOB, request -> guarded(request, challenge, HubServer.part(request, MODEL)));
        gate.asked(path, this::token);
    }

    private Reply guarded(Request request, String challenge, Reply reply) {
        String sent = String.valueOf(request.header("authorization"));
        AtomicInteger left = sent.startsWith("Bearer ") ? tokens.get(sent.substring(7)) : null;
        return left != null && left.getAndDecrement() > 0
                ? reply
                : HubServer.reply(401, new byte[0]).with("WWW-Authenticate", challenge);
    }

    /** For anybody, or for whoever signs and is known; one who is not gets a token that is good for nothing. */
    private Reply token(Request request) {
        knocks.add(request);
        String sent = request.header("authorization");
        if (sent == null && !anybody) {
            return HubServer.reply(401, new byte[0]);
        }
        boolean good = sent == null || known.contains(signer(request, sent));
        String token = "token-" + knocks.size();
        tokens.put(token, new AtomicInteger(good ? lifetime : 0));
        return HubServer.json("{\"token\":\"" + token + "\",\"expires_in\":300}");
    }

    /** Whose signature it is, as a registry finds out. */
    private String signer(Request request, String sent) {
        try {
            String[] parts = sent.split(":", -1);
            byte[] blob = Base64.getDecoder().decode(parts[0]);
            byte[] half = Arrays.copyOfRange(blob, blob.length - 32, blob.length);
            byte[] encoded = Arrays.copyOf(X509, X509.length + 32);
            System.arraycopy(half, 0, encoded, X509.length, 32);
            Signature check = Signature.getInstance("Ed25519");
            check.initVerify(KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded)));
            String empty = Base64.getEncoder()
                    .encodeToString(Digest.sha256(new byte[0]).getBytes(StandardCharsets.US_ASCII));
            check.update(("GET," + server.uri() + request.path() + "," + empty).getBytes(StandardCharsets.US_ASCII));
            if (!check.verify(Base64.getDecoder().decode(parts[1]))) {
                faults.add("a wrong signature of " + request.path());
            }
            return "ssh-ed25519 " + parts[0];
        } catch (Exception wrong) {
            faults.add(wrong.toString());
            return "";
        }
    }

    private Hub hub() {
        return hub(Optional.empty());
    }

    private Hub hub(Optional<Path> given) {
        return new Hub(config(new SigningKeys(given, Optional.of(own()))));
    }

    private HubConfig config(SigningKeys keys) {
        HubConfig config = Pulled.config(folder.resolve("store"), server.uri(), Pulled.NOWHERE);
        return new HubConfig(
                config.store(),
                config.ollama(),
                config.huggingFace(),
                config.ollamaRegistry(),
                config.huggingFaceHub(),
                Optional.of("hf_secret"),
                keys,
                config.connections(),
                config.segment(),
                config.patience(),
                config.freeBytes(),
                config.pause());
    }

    private Path own() {
        return folder.resolve("keys");
    }

    private void pull(Hub hub) throws InterruptedException {
        assertThat(hub.pull(TINY, PullListener.NONE).path()).hasBinaryContent(MODEL);
    }

    private HubException refused(Hub hub) {
        HubException[] thrown = new HubException[1];
        assertThatThrownBy(() -> hub.pull(TINY, PullListener.NONE))
                .isInstanceOfSatisfying(HubException.class, failure -> thrown[0] = failure);
        return thrown[0];
    }

    private String made() {
        return new SigningKeys(Optional.empty(), Optional.of(own()))
                .find()
                .orElseThrow()
                .publicLine();
    }

    /** Who gives tokens to anybody is told no name, on whatever host he is. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void tokensForAnybody(boolean onAnother) throws Exception {
        anybody = true;
        registry("/auth/token?a=1", onAnother ? elsewhere : server);
        (onAnother ? elsewhere : server).asked("/auth/token", this::token);
        pull(hub());
        assertThat(knocks).singleElement().satisfies(knock -> {
            assertThat(knock.path())
                    .isEqualTo("/auth/token?a=1&scope=repository%3Alibrary%2Ftiny%3Apull&scope=other&service=ollama");
            assertThat(knock.header("authorization")).isNull();
        });
        assertThat(own()).doesNotExist();
    }

    /** One is made where a model is not for anybody, and known nowhere until it is entered. */
    @Test
    void aKeyThatIsNotKnownIsInNobodysWay() throws Exception {
        makeOwn();
        anybody = true;
        pull(hub());
        assertThat(knocks)
                .extracting(knock -> knock.header("authorization") == null)
                .containsExactly(false, true);
    }

    /** Who waited while another one asked was not refused with what that one got. */
    @Test
    void whatAnotherGotIsNobodysRefusal() throws Exception {
        anybody = true;
        URI asked = URI.create(server.uri() + MANIFEST);
        HttpHeaders refusal = HttpHeaders.of(
                Map.of("WWW-Authenticate", List.of("Bearer realm=\"" + server.uri() + "/token\"")),
                (name, value) -> true);
        try (Transport transport = new Transport(Duration.ofMinutes(2))) {
            RegistryCredentials credentials =
                    new RegistryCredentials(server.uri(), transport, config(SigningKeys.NONE));
            assertThat(credentials.renew(asked, refusal, null, 0)).isEqualTo(Credentials.Renewal.RENEWED);
            assertThat(credentials.renew(asked, refusal, null, 0)).isEqualTo(Credentials.Renewal.ANOTHERS);
        }
        assertThat(knocks).hasSize(1);
    }

    /** While segments come side by side. */
    @Test
    void tokensThatRunOutAreRenewed() throws Exception {
        anybody = true;
        lifetime = 4; // Two are good for all, whoever comes first.
        pull(hub());
        assertThat(knocks).hasSizeBetween(2, 5);
        assertThat(own()).doesNotExist();
    }

    @Test
    void aSignatureWhereItIsWanted() throws Exception {
        String advice = refused(hub()).getMessage();
        assertThat(advice)
                .contains("Enter this key where your keys are (ollama.com/settings/keys): " + made()
                        + " or say --ollama-key")
                .doesNotContain("token-");
        assertThat(Files.getPosixFilePermissions(own().resolve("id_ed25519")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        known.add(made());
        lifetime = 4; // Requests, and the next token wants another signature.
        int before = knocks.size();
        pull(hub());
        List<Request> signed = knocks.subList(before, knocks.size());
        assertThat(signed).hasSizeBetween(2, 4).allSatisfy(knock -> {
            assertThat(knock.path())
                    .matches("/token\\?nonce=[A-Za-z0-9_-]{22}&scope=repository%3Alibrary%2Ftiny%3Apull&scope=other"
                            + "&service=ollama&ts=[0-9]{10}");
            assertThat(knock.header("authorization")).startsWith(made().substring(12) + ":");
        });
        assertThat(signed).extracting(Request::path).doesNotHaveDuplicates();
    }

    @Test
    void aKeyThatIsGivenSigns() throws Exception {
        Path file = Files.writeString(folder.resolve("given"), SigningKeyTest.PLAIN);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        assertThat(refused(hub(Optional.of(file))))
                .hasMessageContaining("the key " + file + " is not known there")
                .hasMessageContaining(SigningKeyTest.PLAIN_PUBLIC);
        known.add(SigningKeyTest.PLAIN_PUBLIC);
        pull(hub(Optional.of(file)));
        assertThat(own()).doesNotExist();
        assertThat(file).hasContent(SigningKeyTest.PLAIN);
    }

    /** A gate may keep what it has seen, and let no time be old. */
    @Test
    void eachTryIsSignedAnew() throws Exception {
        known.add(makeOwn());
        AtomicInteger gate = new AtomicInteger();
        server.asked("/token", request -> {
            Reply given = token(request);
            return gate.getAndIncrement() < 2 ? HubServer.reply(503, new byte[0]) : given;
        });
        pull(hub());
        assertThat(knocks).hasSize(3);
        assertThat(knocks).extracting(Request::path).doesNotHaveDuplicates();
    }

    /** Then the refusal is what is to be heard, and why there is no key. */
    @Test
    void aKeyThatCannotBeKeptHidesNoRefusal() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        Hub hub = new Hub(config(new SigningKeys(Optional.empty(), Optional.of(file.resolve("keys")))));
        HubException refused = refused(hub);
        assertThat(refused.kind()).isEqualTo(Kind.DENIED);
        assertThat(refused)
                .hasMessageContaining("it is private, or there is no such model")
                .hasMessageContaining("; no key can be kept in " + file.resolve("keys") + ": ");
    }

    /** Whoever is not the registry could hand on what was signed. */
    @Test
    void nobodyElseGetsASignature() throws Exception {
        registry("/token", elsewhere);
        HubException refused = refused(hub());
        assertThat(refused.kind()).isEqualTo(Kind.DENIED);
        assertThat(refused).hasMessageContaining("pull it with Ollama");
        assertThat(knocks)
                .singleElement()
                .satisfies(knock -> assertThat(knock.header("authorization")).isNull());
        assertThat(own()).doesNotExist();
    }

    /** Signatures and tokens stay where they are for, whatever leads elsewhere. */
    @Test
    void nothingOfItGoesElsewhere() throws Exception {
        known.add(makeOwn());
        server.asked("/token", request -> {
            token(request);
            return HubServer.redirect(URI.create(elsewhere.uri() + "/given"));
        });
        elsewhere.on("/given", request -> HubServer.json("{\"access_token\":\"token-1\"}"));
        elsewhere.file("/cdn", MODEL);
        server.on(
                BLOB, request -> guarded(request, "Bearer", HubServer.redirect(URI.create(elsewhere.uri() + "/cdn"))));
        pull(hub());
        assertThat(elsewhere.requests())
                .isNotEmpty()
                .allSatisfy(
                        request -> assertThat(request.header("authorization")).isNull());
    }

    private String makeOwn() throws InterruptedException {
        return new SigningKeys(Optional.empty(), Optional.of(own()))
                .findOrMake()
                .orElseThrow()
                .publicLine();
    }

    /** A cut line, another file, and a gate that is busy are what they are without tokens. */
    @Test
    void cutLinesAndWrongSums() throws Exception {
        known.add(makeOwn());
        lifetime = 5;
        AtomicInteger asked = new AtomicInteger();
        AtomicInteger gate = new AtomicInteger();
        server.asked(
                "/token",
                request -> gate.getAndIncrement() == 0
                        ? HubServer.reply(429, new byte[0]).with("Retry-After", "1")
                        : token(request));
        String challenge = "Bearer realm=\"" + server.uri() + "/token\",service=\"ollama\"";
        server.on(BLOB, request -> {
            Reply whole = HubServer.part(request, MODEL);
            return guarded(request, challenge, asked.incrementAndGet() % 2 == 0 ? whole.cutAfter(5000) : whole);
        });
        pull(hub());
        assertThat(hub().remove(TINY)).isTrue();
        server.on(BLOB, request -> guarded(request, challenge, HubServer.part(request, Pulled.bytes(MODEL.length, 9))));
        assertThat(refused(hub()))
                .hasMessageContaining("is damaged or another file")
                .hasMessageContaining("SHA-256");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | gives as a token is none",
                "{\"token\":\"a b\"} | gives as a token is none",
                "{\"token\":5} | gives as a token is none",
                "[] | is not as it must be",
                "no | is not as it must be",
            })
    void whatIsNoTokenIsSaid(String answer, String words) {
        server.asked("/token", request -> HubServer.json(answer));
        assertThat(refused(hub())).hasMessageContaining(words);
    }

    @Test
    void aGateThatIsNotThereIsSaid() throws Exception {
        String challenge = "Bearer realm=\"" + Pulled.NOWHERE + "/token\"";
        server.on(MANIFEST, request -> HubServer.reply(401, new byte[0]).with("WWW-Authenticate", challenge));
        assertThat(refused(hub())).hasMessage("127.0.0.1:1 takes no connection");
        server.on(MANIFEST, request -> HubServer.reply(401, new byte[0]).with("WWW-Authenticate", "Basic realm=\"x\""));
        assertThat(refused(hub())).hasMessageContaining("what asks for a password is not answered here");
    }

    @Test
    void tokensDoNotLeadFromTlsToPlainHttp() throws Exception {
        try (Transport transport = new Transport(Duration.ofSeconds(1))) {
            RegistryCredentials credentials = new RegistryCredentials(
                    URI.create("https://registry.example.org"), transport, config(SigningKeys.NONE));
            HttpHeaders refusal = HttpHeaders.of(
                    Map.of("WWW-Authenticate", List.of("Bearer realm=\"http://registry.example.org/token\"")),
                    (name, value) -> true);
            assertThatThrownBy(
                            () -> credentials.renew(URI.create("https://registry.example.org/v2/x"), refusal, null, 0))
                    .hasMessage("registry.example.org has tokens given out by"
                            + " \"http://registry.example.org/token\", which is plain http");
        }
    }

    @Test
    void challengesAreReadWhole() {
        assertThat(Challenge.of(List.of("Basic realm=\"x\"", "bearer Realm=\"x\"")))
                .isEmpty();
        assertThat(Challenge.of(
                        List.of("Negotiate", "BEARER realm=\"https://a.example/t\", service=s , scope=\"a  b\"")))
                .contains(new Challenge(URI.create("https://a.example/t"), "s", List.of("a", "b")));
        // What stands within a value is of that value.
        assertThat(Challenge.of(List.of("Bearer realm=\"https://a.example/t?service=x\",service=\"a\\\"b\"")))
                .contains(new Challenge(URI.create("https://a.example/t?service=x"), "a\"b", List.of()));
    }

    /** RFC 9110, 11.2 and 11.6.1: names know no cases, and one header may have several challenges. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Bearer Realm=\"https://a.example/t\",SERVICE=s",
                "Basic realm=\"x, Bearer realm=y\", Bearer realm=\"https://a.example/t\",service=s",
                "Negotiate, Bearer realm=\"https://a.example/t\",service=s, Basic realm=x",
                "Negotiate a68+/==, Bearer realm=\"https://a.example/t\" , service = s",
                "Bearer realm=\"ftp://a.example/t\", bearer realm=\"https://a.example/t\", service=s",
                "Bearer  realm=\"https://a.example/t\",, service=s,",
                "Digest",
            })
    void challengesOfSeveralSchemesAreReadWhole(String header) {
        assertThat(Challenge.of(List.of(header, "Bearer realm=\"https://a.example/t\",service=s")))
                .contains(new Challenge(URI.create("https://a.example/t"), "s", List.of()));
        assertThat(Challenge.of(List.of(header)).isPresent()).isEqualTo(!header.equals("Digest"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "service=\"x\"",
                "realm=",
                "realm=\"https://a.example/t",
                "realm=\"https://a.example/t\" scope=x",
                "realm=\"https://a.example/t\",realm=\"https://b.example/t\"",
                "realm=\"https://a.example/t\",Realm=\"https://b.example/t\"",
                "realm=\"https://a.example/t\", Basic realm=\"x",
                "realm=\"/token\"",
                "realm=\"ftp://a.example/t\"",
                "realm=\"https://user:word@a.example/t\"",
                "realm=\"https://a.example:99999/t\"",
                "realm=\"https://a.example/t#x\"",
                "realm=\"https://a b/\"",
            })
    void whatIsNoChallengeIsNone(String parameters) {
        assertThat(Challenge.of(List.of("Bearer " + parameters))).isEmpty();
        assertThat(Challenge.of(List.of("Bearer realm=\"https://a.example/" + "t".repeat(5000) + "\"")))
                .isEmpty();
    }
}
