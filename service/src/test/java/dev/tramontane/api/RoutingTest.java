package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tramontane.fixtures.Envoy;
import dev.tramontane.fixtures.Picker;
import dev.tramontane.fixtures.Ports;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three services behind a real Envoy with the configuration that is shipped (k8s/envoy/picker.yaml), whose endpoint picker is
 * a stand-in with the published protocol. Engines step when the test says so: what is said to come at once comes before the
 * next token is computed.
 */
@Tag("clients")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(
        value = 300,
        threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // A guard against hanging: what is held back never comes.
class RoutingTest {
    private static final int SERVERS = 3;

    /** More than a connection's buffers, of Envoy and of the picker's protocol, hold at a time. */
    private static final int LARGE = 2_000_000;

    @TempDir
    private static Path dir;

    private final ScriptedEngine[] engines = new ScriptedEngine[SERVERS];
    private final TestService[] services = new TestService[SERVERS];
    private Picker picker;
    private Envoy envoy;

    @BeforeAll
    void start() throws Exception {
        Envoy.isNeeded();
        Picker.isNeeded();
        for (int i = 0; i < SERVERS; i++) {
            engines[i] = new ScriptedEngine("abc");
            services[i] = TestService.stepped(engines[i], TestService.CONFIG);
        }
        picker = Picker.start(dir, ports());
        envoy = envoy(Envoy.configuration("picker.yaml"), picker.port);
    }

    @AfterAll
    void close() throws Exception {
        if (envoy != null) {
            envoy.close();
        }
        if (picker != null) {
            picker.close();
        }
        for (TestService service : services) {
            if (service != null) {
                service.close();
            }
        }
    }

    private int[] ports() {
        return IntStream.range(0, SERVERS).map(i -> services[i].port).toArray();
    }

    private Envoy envoy(String configuration, int pickerPort) throws IOException, InterruptedException {
        Map<Integer, Integer> ports = new HashMap<>(Map.of(Envoy.PICKER, pickerPort));
        for (int i = 0; i < SERVERS; i++) {
            ports.put(Envoy.FIRST_SERVER + i, services[i].port);
        }
        Envoy started = Envoy.start(dir, configuration, ports);
        started.awaitHealthy("servers", SERVERS);
        return started;
    }

    /** The engine that a new request has come to, and the request there. */
    private record Arrival(int server, ScriptedEngine.Run run) {}

    private int[] counts() {
        return IntStream.range(0, SERVERS).map(i -> engines[i].runs.size()).toArray();
    }

    private Arrival arrival(int[] before) {
        TestService.eventually()
                .until(() -> IntStream.range(0, SERVERS).anyMatch(i -> engines[i].runs.size() > before[i]));
        int server = IntStream.range(0, SERVERS)
                .filter(i -> engines[i].runs.size() > before[i])
                .findFirst()
                .orElseThrow();
        return new Arrival(server, engines[server].runs.getLast());
    }

    private void step(int server) {
        TestService.eventually().until(engines[server]::step);
    }

    /** Sends a request through Envoy, lets its engine answer it, and gives the server and the answer. */
    private int answered(RawClient client, String request, String text) throws IOException {
        int[] before = counts();
        client.send(request);
        Arrival arrival = arrival(before);
        TestService.eventually().until(() -> {
            engines[arrival.server].step();
            return arrival.run.over();
        });
        RawClient.Answer answer = client.answer();
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains(text);
        return arrival.server;
    }

    private static String completion(JsonObject more) {
        return RawClient.post("/v1/completions", TestService.body("hello", more).encode());
    }

    private static String prompt(String text) {
        return RawClient.post(
                "/v1/completions", TestService.body(text, new JsonObject()).encode());
    }

    @Test
    void aRequestIsAnswered() throws Exception {
        try (RawClient client = new RawClient(envoy.port)) {
            answered(client, completion(new JsonObject()), "\"text\":\"abc\"");
        }
    }

    /** Envoy gives a body on in chunks once a picker has seen it, its length left out, however it came. */
    @Test
    void largeBodiesArriveInChunks() throws Exception {
        String large = "x".repeat(LARGE);
        String body = new JsonObject()
                .put("model", TestService.MODEL)
                .put("prompt", large)
                .put("stream", false)
                .encode();
        try (RawClient client = new RawClient(envoy.port)) {
            client.send(RawClient.post("/v1/completions", body));
            RawClient.Answer answer = client.answer();
            // Read to its end, and only then refused, by its number of tokens.
            assertThat(answer.status()).as(answer.body()).isEqualTo(400);
            assertThat(answer.json().getJsonObject("error").getString("code")).isEqualTo("context_length_exceeded");
        }
        try (RawClient client = new RawClient(envoy.port)) {
            String chunked = completion(new JsonObject())
                    .replaceAll("Content-Length: \\d+", "Transfer-Encoding: chunked")
                    .replaceAll("(?s)\r\n\r\n(.*)", "\r\n\r\n");
            String json = TestService.body("hello", new JsonObject()).encode();
            StringBuilder pieces = new StringBuilder(chunked);
            for (String piece : json.split("(?<=,)", -1)) {
                pieces.append(Integer.toHexString(piece.length()))
                        .append("\r\n")
                        .append(piece)
                        .append("\r\n");
            }
            answered(client, pieces.append("0\r\n\r\n").toString(), "\"text\":\"abc\"");
        }
    }

    /** Each event has passed Envoy and the picker before the next token is even computed. */
    @Test
    void eventsPassAtOnce() throws Exception {
        int[] before = counts();
        try (RawClient client = new RawClient(envoy.port)) {
            client.send(completion(new JsonObject().put("stream", true)));
            Arrival arrival = arrival(before);
            step(arrival.server);
            assertThat(client.head()).contains(" 200 ", "text/event-stream");
            StringBuilder text = new StringBuilder();
            for (String expected : List.of("a", "ab", "abc")) {
                while (!text.toString().equals(expected)) {
                    text.append(textOf(new String(client.chunk(), StandardCharsets.UTF_8)));
                }
                assertThat(arrival.run.sampled()).isEqualTo(expected.length());
                step(arrival.server); // Not before this one has arrived.
            }
        }
    }

    private static String textOf(String events) {
        StringBuilder text = new StringBuilder();
        for (String line : events.lines().toList()) {
            if (line.startsWith("data: {")) {
                text.append(new JsonObject(line.substring("data: ".length()))
                        .getJsonArray("choices")
                        .getJsonObject(0)
                        .getString("text"));
            }
        }
        return text.toString();
    }

    @Test
    void aClientThatLeavesIsSeenByTheEngine() throws Exception {
        int[] before = counts();
        Arrival arrival;
        try (RawClient client = new RawClient(envoy.port)) {
            client.send(completion(new JsonObject().put("stream", true)));
            arrival = arrival(before);
            step(arrival.server);
            client.head();
        }
        TestService.eventually().until(arrival.run::cancelled);
        step(arrival.server);
        assertThat(arrival.run.over()).isTrue();
    }

    /** A prompt goes where its beginning went before; another one of the same length, or another salt, to the least used. */
    @Test
    void aPromptGoesWhereItsBeginningWent() throws Exception {
        String beginning = "once upon a time ".repeat(64);
        try (RawClient client = new RawClient(envoy.port)) {
            int first = answered(client, prompt(beginning + "there was a king"), "abc");
            for (int i = 0; i < 2 * SERVERS; i++) {
                assertThat(answered(client, prompt(beginning + "there was a queen " + i), "abc"))
                        .as("with the same beginning")
                        .isEqualTo(first);
            }
            assertThat(answered(client, prompt("twice" + beginning), "abc"))
                    .as("with another beginning, to whom least was sent")
                    .isNotEqualTo(first);
        }
    }

    @Test
    void whoIsNotReadyGetsNothingNew() throws Exception {
        int leaving = 1;
        services[leaving].ready = new Health.Answer(false, "shutting down");
        try (RawClient client = new RawClient(envoy.port)) {
            TestService.eventually().until(() -> picker.sees(services[leaving].port, false));
            int[] before = counts();
            for (int i = 0; i < 3 * SERVERS; i++) {
                assertThat(answered(client, prompt("prompt " + i), "abc")).isNotEqualTo(leaving);
            }
            assertThat(counts()[leaving]).isEqualTo(before[leaving]);
        } finally {
            services[leaving].ready = Health.Answer.WELL;
            TestService.eventually().until(() -> picker.sees(services[leaving].port, true));
        }
    }

    /** Until it is known that a server is dead a request may fail, with 503 from Envoy; then all go to the others. */
    @Test
    void aDeadServerIsLeftAlone() throws Exception {
        TestService mortal = TestService.of("mortal");
        try (TestService other = TestService.of("other");
                Picker both = Picker.start(dir, mortal.port, other.port);
                Envoy before = envoy(Envoy.configuration("picker.yaml"), both.port);
                RawClient client = new RawClient(before.port)) {
            Set<String> seen = new HashSet<>();
            for (int i = 0; i < 2; i++) {
                seen.add(text(client.send(prompt("prompt " + i)).answer()));
            }
            assertThat(seen).containsExactlyInAnyOrder("mortal", "other");
            mortal.close();
            TestService.eventually().until(() -> both.sees(mortal.port, false));
            for (int i = 0; i < 6; i++) {
                assertThat(text(client.send(prompt("prompt " + i)).answer())).isEqualTo("other");
            }
        }
    }

    private static String text(RawClient.Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json().getJsonArray("choices").getJsonObject(0).getString("text");
    }

    /** What is no POST of the API passes the picker by: an upgrade has no end of its body that the picker could wait for. */
    @Test
    void socketsPassThePickerBy() throws Exception {
        long picks = picks();
        int[] before = counts();
        try (RawClient client = new RawClient(envoy.port)) {
            client.send(RawClient.upgrade());
            assertThat(client.head()).contains(" 101 ");
            client.send(RawClient.message(new JsonObject()
                    .put("type", "response.create")
                    .put("input", "hello")
                    .put("max_output_tokens", 2)));
            Arrival arrival = arrival(before);
            JsonObject event;
            do {
                engines[arrival.server].step();
                event = client.event();
            } while (!event.getString("type").equals("response.output_text.delta"));
            assertThat(event.getString("delta")).isEqualTo("a");
        }
        try (RawClient client = new RawClient(envoy.port)) {
            assertThat(client.send(RawClient.get("/v1/models")).answer().status())
                    .isEqualTo(200);
        }
        assertThat(picks()).isEqualTo(picks);
    }

    private long picks() throws IOException, InterruptedException {
        long sum = 0;
        for (int port : ports()) {
            sum += picker.state(port).getLong("picks");
        }
        return sum;
    }

    /**
     * The picker is away and Envoy was told to go on without it: a client that names a host itself must not get there.
     * Without the mutation that takes the header away it does, which is shown, too.
     */
    @Test
    void aDeadPickerLetsNobodyChooseAHost() throws Exception {
        String open =
                Envoy.configuration("picker.yaml").replace("failure_mode_allow: false", "failure_mode_allow: true");
        int nobody = Ports.free();
        try (ServerSocket other = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
            other.setSoTimeout(30_000);
            String request = "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n"
                    + "x-gateway-destination-endpoint: 127.0.0.1:" + other.getLocalPort() + "\r\n\r\n";
            String unguarded = open.replaceAll("mutations: \\[.*]", "mutations: [{remove: x-nothing}]");
            try (Envoy careless = envoy(unguarded, nobody);
                    RawClient client = new RawClient(careless.port)) {
                client.send(request);
                other.accept().close(); // It came: the test can see it.
            }
            try (Envoy careful = envoy(open, nobody);
                    RawClient client = new RawClient(careful.port)) {
                assertThat(client.send(request).answer().status()).isEqualTo(503);
            }
            try (Envoy shipped = envoy(Envoy.configuration("picker.yaml"), nobody);
                    RawClient client = new RawClient(shipped.port)) {
                assertThat(client.send(request).answer().status()).isIn(500, 503);
                assertThat(client.send(RawClient.get("/v1/models")).answer().status())
                        .as("what needs no picker goes on")
                        .isEqualTo(200);
            }
            other.setSoTimeout(1);
            assertThatExceptionOfType(SocketTimeoutException.class)
                    .as("nobody else came")
                    .isThrownBy(other::accept);
        }
    }
}
