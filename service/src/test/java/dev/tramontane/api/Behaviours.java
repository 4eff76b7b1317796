package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** What clients do, well and badly, one connection a session. Any thread. */
final class Behaviours {
    /** A session over one connection. */
    @FunctionalInterface
    private interface Session {
        void run(RawClient client, SplittableRandom random, String name) throws IOException;
    }

    /** Names of all kinds of session. */
    static final Set<String> ALL = Set.of(
            "asks",
            "asks as before",
            "streams",
            "keeps alive",
            "pipelines",
            "leaves a stream",
            "stalls",
            "sends nonsense",
            "sends half a head",
            "sends half a body",
            "asks for too much",
            "tokenizes",
            "leaves at once",
            "talks",
            "cancels",
            "leaves a socket",
            "breaks the protocol",
            "resets a pipeline");

    private static final int PROMPTS = 24;

    private final TestService service;
    private final Map<String, Session> sessions = new TreeMap<>();
    private final List<String> names;
    private final Set<String> seen = ConcurrentHashMap.newKeySet();

    /** What each prompt is answered when it is alone. */
    private final List<String> alone = new ArrayList<>();

    Behaviours(TestService service, Canary canary) throws IOException {
        this.service = service;
        for (int i = 0; i < PROMPTS; i++) {
            try (RawClient client = new RawClient(service.port)) {
                client.send(RawClient.post("/v1/completions", body(i).encode()));
                alone.add(text(client.answer()));
            }
        }
        sessions.put("asks", this::asks);
        sessions.put("asks as before", (client, random, name) -> canary.singsAll(name));
        sessions.put("streams", this::streams);
        sessions.put("keeps alive", this::keepsAlive);
        sessions.put("pipelines", this::pipelines);
        sessions.put("resets a pipeline", Behaviours::resetsAPipeline);
        sessions.put("leaves a stream", Behaviours::leavesAStream);
        sessions.put("stalls", Behaviours::stalls);
        sessions.put("sends nonsense", Behaviours::sendsNonsense);
        sessions.put("sends half a head", (client, random, name) -> {
            client.send("GET /livez HTTP/1.1\r\nHost: 127.");
            leave(client, random);
        });
        sessions.put("sends half a body", Behaviours::sendsHalfABody);
        sessions.put("asks for too much", Behaviours::asksForTooMuch);
        sessions.put("tokenizes", Behaviours::tokenizes);
        sessions.put("leaves at once", (client, random, name) -> leave(client, random));
        sessions.put("talks", Behaviours::talks);
        sessions.put("cancels", Behaviours::cancels);
        sessions.put("leaves a socket", Behaviours::leavesASocket);
        sessions.put("breaks the protocol", Behaviours::breaksTheProtocol);
        names = List.copyOf(sessions.keySet());
    }

    /** The kinds that have come to their end at least once. */
    Set<String> kinds() {
        return new TreeSet<>(seen);
    }

    /** One session of any kind. */
    void one(SplittableRandom random, String name) throws IOException {
        String kind = names.get(random.nextInt(names.size()));
        try (RawClient client = new RawClient(service.port)) {
            sessions.get(kind).run(client, random, name + ", " + kind);
            seen.add(kind);
        } catch (IOException | RuntimeException failed) {
            throw new AssertionError(name + ", " + kind, failed);
        }
    }

    // ---- those who behave

    private void asks(RawClient client, SplittableRandom random, String name) throws IOException {
        int i = random.nextInt(PROMPTS);
        client.send(RawClient.post("/v1/completions", body(i).encode()));
        check(client.answer(), i, name);
    }

    private void streams(RawClient client, SplittableRandom random, String name) throws IOException {
        int i = random.nextInt(PROMPTS);
        client.send(
                RawClient.post("/v1/completions", body(i).put("stream", true).encode()));
        RawClient.Answer answer = client.answer();
        if (!busy(answer)) {
            StringBuilder text = new StringBuilder();
            for (JsonObject event : new TestService.Reply(200, Map.of(), answer.body()).events()) {
                text.append(event.getJsonArray("choices").getJsonObject(0).getString("text"));
            }
            assertThat(text).as(name).hasToString(alone.get(i));
        }
    }

    private void keepsAlive(RawClient client, SplittableRandom random, String name) throws IOException {
        for (int turn = random.nextInt(1, 5); turn > 0; turn--) {
            asks(client, random, name);
        }
    }

    private void pipelines(RawClient client, SplittableRandom random, String name) throws IOException {
        int count = random.nextInt(2, 9);
        int[] prompts = random.ints(count, 0, PROMPTS).toArray();
        StringBuilder all = new StringBuilder();
        for (int i : prompts) {
            all.append(RawClient.post("/v1/completions", body(i).encode()));
        }
        client.send(all.toString());
        for (int i : prompts) {
            check(client.answer(), i, name);
        }
    }

    private static void tokenizes(RawClient client, SplittableRandom random, String name) throws IOException {
        String text = "word ".repeat(random.nextInt(1, 2000));
        client.send(
                RawClient.post("/tokenize", new JsonObject().put("prompt", text).encode()));
        RawClient.Answer ids = client.answer();
        assertThat(ids.status()).as(name).isEqualTo(200);
        client.send(RawClient.post(
                "/detokenize",
                new JsonObject()
                        .put("tokens", ids.json().getJsonArray("tokens"))
                        .encode()));
        assertThat(client.answer().json().getString("prompt")).as(name).isEqualTo(text);
    }

    private static void talks(RawClient client, SplittableRandom random, String name) throws IOException {
        client.send(RawClient.upgrade()).head();
        for (int turn = random.nextInt(1, 4); turn > 0; turn--) {
            client.send(RawClient.message(create(random.nextInt(1, 40))));
            JsonObject event;
            do {
                event = client.event();
            } while (!Canary.isLast(event.getString("type")));
            assertThat(event.getString("type"))
                    .as(name + event)
                    .isIn("response.incomplete", "response.completed", "error");
        }
        client.send(RawClient.frame(RawClient.CLOSE, new byte[] {3, (byte) 0xe8}));
    }

    private static void cancels(RawClient client, SplittableRandom random, String name) throws IOException {
        client.send(RawClient.upgrade()).head();
        client.send(RawClient.message(create(400)));
        JsonObject event = client.event();
        if (event.getString("type").equals("error")) {
            return;
        }
        String id = event.getJsonObject("response").getString("id");
        client.send(RawClient.message(
                new JsonObject().put("type", "response.cancel").put("response_id", id)));
        do {
            event = client.event();
        } while (!Canary.isLast(event.getString("type")));
        assertThat(event.encode()).as(name).containsAnyOf("cancelled", "max_output_tokens", "response_not_found");
    }

    // ---- those who don't

    private static void resetsAPipeline(RawClient client, SplittableRandom random, String name) throws IOException {
        client.send(RawClient.post("/v1/completions", endless()).repeat(random.nextInt(2, 12)));
        pause(random);
        client.reset();
    }

    private static void leavesAStream(RawClient client, SplittableRandom random, String name) throws IOException {
        client.send(RawClient.post("/v1/completions", endless()));
        if (client.head().contains(" 200 ")) {
            client.skip(random.nextInt(1, 2000));
        }
        leave(client, random);
    }

    private static void stalls(RawClient client, SplittableRandom random, String name) throws IOException {
        client.send(RawClient.post("/v1/completions", endless()));
        for (int i = 0; i < 10; i++) {
            pause(random);
        }
        leave(client, random);
    }

    private static void sendsNonsense(RawClient client, SplittableRandom random, String name) throws IOException {
        String body = List.of(
                        "{",
                        "[]",
                        "{\"prompt\": 1}",
                        "{\"prompt\": \"x\", \"n\": 99}",
                        "{\"nonsense\": true}",
                        "\u00ff")
                .get(random.nextInt(6));
        client.send(RawClient.post("/v1/completions", body));
        assertThat(client.answer().status()).as(name).isEqualTo(400);
        client.send(RawClient.get("/livez"));
        assertThat(client.answer().status()).as(name).isEqualTo(200);
    }

    private static void sendsHalfABody(RawClient client, SplittableRandom random, String name) throws IOException {
        String whole = RawClient.post("/v1/completions", "{\"prompt\": \"" + "x".repeat(5000) + "\"}");
        client.send(whole.substring(0, random.nextInt(100, whole.length())));
        pause(random);
        leave(client, random);
    }

    private static void asksForTooMuch(RawClient client, SplittableRandom random, String name) throws IOException {
        String prompt = "x".repeat(random.nextInt(600, 100_000));
        client.send(RawClient.post(
                "/v1/completions", new JsonObject().put("prompt", prompt).encode()));
        assertThat(client.answer().status()).as(name).isIn(400, 429);
    }

    private static void leavesASocket(RawClient client, SplittableRandom random, String name) throws IOException {
        client.send(RawClient.upgrade()).head();
        if (random.nextBoolean()) {
            client.send(RawClient.message(create(400)));
            client.event();
        }
        leave(client, random);
    }

    private static void breaksTheProtocol(RawClient client, SplittableRandom random, String name) throws IOException {
        client.send(RawClient.upgrade()).head();
        client.send(RawClient.message(create(400)));
        byte[] frame = RawClient.frame(RawClient.TEXT, new byte[] {(byte) 0xc3, 0x28});
        if (random.nextBoolean()) {
            frame[1] &= 0x7f; // Not masked.
        }
        client.send(frame);
        try {
            while (true) {
                client.event();
            }
        } catch (EOFException | SocketException closed) {
            // As RFC 6455 asks.
        }
    }

    private static void leave(RawClient client, SplittableRandom random) throws IOException {
        switch (random.nextInt(3)) {
            case 0 -> client.reset();
            case 1 -> client.finish();
            default -> client.close();
        }
    }

    private static void pause(SplittableRandom random) {
        try {
            TimeUnit.MILLISECONDS.sleep(random.nextInt(30));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- bodies

    private static JsonObject body(int i) {
        return TestService.body(
                "prompt " + i + " x".repeat(i),
                new JsonObject().put("max_tokens", 4 + i).put("seed", i).put("ignore_eos", true));
    }

    private static String endless() {
        return "{\"prompt\": \"go on\", \"max_tokens\": 400, \"ignore_eos\": true, \"stream\": true}";
    }

    private static JsonObject create(int tokens) {
        return new JsonObject()
                .put("type", "response.create")
                .put("input", "talk")
                .put("max_output_tokens", tokens);
    }

    private void check(RawClient.Answer answer, int prompt, String name) {
        if (!busy(answer)) {
            assertThat(text(answer)).as(name).isEqualTo(alone.get(prompt));
        }
    }

    /** Whether it is a refusal of the honest kind; any other is a failure. */
    private static boolean busy(RawClient.Answer answer) {
        assertThat(answer.status()).as(answer.body()).isIn(200, 429);
        assertThat(answer.status() == 200 || answer.head().contains("retry-after: "))
                .isTrue();
        return answer.status() == 429;
    }

    private static String text(RawClient.Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json().getJsonArray("choices").getJsonObject(0).getString("text");
    }
}
