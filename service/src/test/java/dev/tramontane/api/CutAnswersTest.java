package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Script;
import dev.tramontane.fixtures.Seeds;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Answers that think and call tools, cut after each event and after any byte, then read on: what is joined is the uncut answer,
 * event for event, however it travels.
 */
final class CutAnswersTest {
    private static final String PATH = "/v1/responses";
    private static final String CHAT = "/v1/chat/completions";
    private static final String LINE = "«[THINK]»Où donc? 👩‍🚀«[/THINK]»I look, ö: «[TOOL_CALLS]»weather«[ARGS]»"
            + "{\"city\": \"Orléans\"}«[TOOL_CALLS]»now«[ARGS]»{}";
    private static final String TOOLS = """
            [{"type": "function", "function": {"name": "weather",
              "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}},
             {"type": "function", "function": {"name": "now", "parameters": {}}}]""";

    /** Answers that are cut again and again until they are whole; each at some bytes. */
    private static final int CUT_ANYWHERE = 15;

    private static final int LONGEST = 6000;

    private static final Pattern CALL_ID =
            Pattern.compile("(?:\"call_id\":|\\{\"index\":\\d,\"id\":)\"([0-9A-Za-z]{9})\"");

    private TestService service;
    private int asked;

    @BeforeEach
    void start() {
        service = TestService.playing(Script.mistral().when("Orléans?", LINE), MistralLayout.of(MistralVersion.V13));
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private static JsonObject response() {
        JsonArray tools = new JsonArray();
        new JsonArray(TOOLS)
                .forEach(tool -> tools.add(
                        ((JsonObject) tool).getJsonObject("function").copy().put("type", "function")));
        return JsonObject.of("model", TestService.MODEL, "input", "Orléans?", "tools", tools);
    }

    // ---- what is the same of two answers

    /** Ids, those of calls too, which follow from the answer's, and what was found of the prompt: nothing else tells two answers apart. */
    private static String nameless(String json) {
        return json.replaceAll("[0-9a-f]{40,48}|chatcmpl-1\\d{4}", "ID")
                .replaceAll("(\"call_id\":|\\{\"index\":\\d,\"id\":)\"[0-9A-Za-z]{9}\"", "$1CALL")
                .replaceAll("\"cached_tokens\":\\d+", "FOUND");
    }

    /** The calls' ids, each where it is said first. */
    private static List<String> callIds(List<String> events) {
        return events.stream()
                .flatMap(event -> CALL_ID.matcher(event).results().map(found -> found.group(1)))
                .distinct()
                .toList();
    }

    private static List<String> nameless(List<NumberedEvents> events) {
        return events.stream()
                .map(event -> event.id() + " " + event.type() + " " + nameless(event.data()))
                .toList();
    }

    private static String idOf(List<NumberedEvents> events) {
        return events.getFirst().json().getJsonObject("response").getString("id");
    }

    /** The whole events among the bytes that came before the cut; at least one, and no more bytes than that where it takes them all. */
    private static List<NumberedEvents> cut(RawClient client, int bytes) throws IOException {
        assertThat(client.head()).contains("200 ok");
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            byte[] all = body.toByteArray();
            if (all.length >= bytes) {
                List<NumberedEvents> events = NumberedEvents.of(all, bytes);
                if (!events.isEmpty()) {
                    return events;
                }
            }
            byte[] chunk = client.chunk();
            if (chunk.length == 0) {
                return NumberedEvents.of(all, Math.min(bytes, all.length));
            }
            body.write(chunk);
            if (NumberedEvents.of(body.toByteArray(), Math.min(bytes, body.size()))
                            .isEmpty()
                    && body.size() >= bytes) {
                List<NumberedEvents> first = NumberedEvents.of(body.toByteArray(), body.size());
                if (!first.isEmpty()) { // Without one there is nothing to go on after.
                    return first.subList(0, 1);
                }
            }
        }
    }

    private List<NumberedEvents> part(String request, int bytes) throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            List<NumberedEvents> events = cut(client.send(request), bytes);
            client.reset();
            return events;
        }
    }

    private RawClient.Answer whole(String request) throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            RawClient.Answer answer = client.send(request).answer();
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            return answer;
        }
    }

    /** Where each event ends, in bytes. */
    private static List<Integer> boundaries(String body) {
        List<Integer> ends = new ArrayList<>();
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        for (int i = 1; i < bytes.length; i++) {
            if (bytes[i] == '\n' && bytes[i - 1] == '\n') {
                ends.add(i + 1);
            }
        }
        return ends;
    }

    // ---- responses as server-sent events

    private String begun() {
        return RawClient.post(PATH, response().put("stream", true).encode());
    }

    private static String readOn(List<NumberedEvents> had) {
        return "GET " + PATH + "/" + idOf(had) + "?stream=true HTTP/1.1\r\nHost: 127.0.0.1\r\nLast-Event-ID: "
                + had.getLast().id() + "\r\n\r\n";
    }

    @Test
    void aResponseCutAfterEachEvent() throws IOException {
        String body = whole(begun()).body();
        List<String> uncut = nameless(NumberedEvents.of(body));
        assertThat(uncut).anyMatch(event -> event.contains("response.reasoning_text.delta"));
        assertThat(uncut).anyMatch(event -> event.contains("response.function_call_arguments.delta"));
        List<Integer> ends = boundaries(body);
        for (int end : ends.subList(0, ends.size() - 1)) {
            List<NumberedEvents> events = new ArrayList<>(part(begun(), end));
            events.addAll(NumberedEvents.of(whole(readOn(events)).body()));
            assertThat(nameless(events)).as("cut after %d bytes", end).isEqualTo(uncut);
            assertThat(callIds(events.stream().map(NumberedEvents::data).toList()))
                    .hasSize(2);
        }
    }

    @Test
    void aResponseCutAnywhereAgainAndAgain() throws IOException {
        List<String> uncut = nameless(NumberedEvents.of(whole(begun()).body()));
        SplittableRandom random = new SplittableRandom(Seeds.next());
        for (int i = 0; i < CUT_ANYWHERE; i++) {
            List<NumberedEvents> events = new ArrayList<>();
            while (events.size() < uncut.size()) {
                String request = events.isEmpty() ? begun() : readOn(events);
                events.addAll(part(request, random.nextInt(1, LONGEST)));
            }
            assertThat(nameless(events)).isEqualTo(uncut);
        }
    }

    // ---- chats

    /** Each with an id of its own, and all of these equally long. */
    private String chat(String headers, int number) {
        JsonObject body = new JsonObject()
                .put("model", TestService.MODEL)
                .put(
                        "messages",
                        new JsonArray().add(new JsonObject().put("role", "user").put("content", "Orléans?")))
                .put("tools", new JsonArray(TOOLS))
                .put("n", 2)
                .put("stream", true)
                .put("stream_options", new JsonObject().put("include_usage", true))
                .put("request_id", String.valueOf(10_000 + number));
        return RawClient.post(CHAT, body.encode()).replaceFirst("\r\n", "\r\n" + headers);
    }

    private static String resuming(List<NumberedEvents> had) {
        return "Last-Event-ID: " + had.getLast().id() + "\r\n";
    }

    /** The chunks of each choice in their order; those of two come as they are computed. */
    private static List<String> byChoice(List<NumberedEvents> events) {
        List<String> chunks = new ArrayList<>();
        for (String index :
                List.of("\"choices\":[{\"index\":0", "\"choices\":[{\"index\":1", "\"choices\":[]", "[DONE]")) {
            events.stream()
                    .map(NumberedEvents::data)
                    .filter(data -> data.contains(index))
                    .map(CutAnswersTest::nameless)
                    .forEach(chunks::add);
        }
        assertThat(chunks).hasSameSizeAs(events);
        return chunks;
    }

    /** In their order; an event that makes no chunk has a number, too. */
    private static void isNumbered(List<NumberedEvents> events) {
        List<Integer> numbers = events.stream()
                .map(event -> Integer.parseInt(event.id().substring(event.id().indexOf(':') + 1)))
                .toList();
        assertThat(numbers).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void aChatCutAfterEachEvent() throws IOException {
        String body = whole(chat("X-Resume-Time: 30\r\n", asked++)).body();
        List<String> uncut = byChoice(NumberedEvents.of(body));
        assertThat(uncut).anyMatch(chunk -> chunk.contains("reasoning_content"));
        assertThat(uncut).anyMatch(chunk -> chunk.contains("\"tool_calls\":[{\"index\":1"));
        List<Integer> ends = boundaries(body);
        for (int end : ends.subList(0, ends.size() - 1)) {
            int number = asked++;
            List<NumberedEvents> events = new ArrayList<>(part(chat("X-Resume-Time: 30\r\n", number), end));
            events.addAll(
                    NumberedEvents.of(whole(chat(resuming(events), number)).body()));
            assertThat(byChoice(events)).as("cut after %d bytes", end).isEqualTo(uncut);
            assertThat(callIds(events.stream().map(NumberedEvents::data).toList()))
                    .hasSize(4);
            isNumbered(events);
        }
    }

    @Test
    void aChatCutAnywhereAgainAndAgain() throws IOException {
        List<String> uncut = byChoice(
                NumberedEvents.of(whole(chat("X-Resume-Time: 30\r\n", asked++)).body()));
        SplittableRandom random = new SplittableRandom(Seeds.next());
        for (int i = 0; i < CUT_ANYWHERE; i++) {
            int number = asked++;
            List<NumberedEvents> events = new ArrayList<>();
            while (events.isEmpty() || !events.getLast().data().equals("[DONE]")) {
                String headers = events.isEmpty() ? "X-Resume-Time: 30\r\n" : resuming(events);
                events.addAll(part(chat(headers, number), random.nextInt(1, LONGEST)));
            }
            assertThat(byChoice(events)).isEqualTo(uncut);
            isNumbered(events);
        }
    }

    // ---- responses by a socket

    private RawClient socket(JsonObject message) throws IOException {
        RawClient client = new RawClient(service.port);
        client.send(RawClient.upgrade());
        client.head();
        client.send(RawClient.message(message));
        return client;
    }

    private static JsonObject create() {
        return response().put("type", "response.create");
    }

    private static boolean isLast(JsonObject event) {
        return event.getString("type").equals("response.completed");
    }

    /** So many events at most, and at least one, of a connection that is cut then. */
    private List<JsonObject> events(JsonObject message, int most) throws IOException {
        List<JsonObject> events = new ArrayList<>();
        try (RawClient client = socket(message)) {
            do {
                events.add(client.event());
            } while (events.size() < most && !isLast(events.getLast()));
            client.reset();
        }
        return events;
    }

    private static List<String> told(List<JsonObject> events) {
        return events.stream().map(event -> nameless(event.encode())).toList();
    }

    @Test
    void aSocketCutAfterEachEventAndAgainAndAgain() throws IOException {
        List<String> uncut = told(events(create(), Integer.MAX_VALUE));
        assertThat(uncut).anyMatch(event -> event.contains("response.function_call_arguments.delta"));
        SplittableRandom random = new SplittableRandom(Seeds.next());
        int[] firstCuts = new int[uncut.size() - 1 + CUT_ANYWHERE];
        Arrays.setAll(firstCuts, i -> i < uncut.size() - 1 ? i + 1 : random.nextInt(1, uncut.size()));
        for (int i = 0; i < firstCuts.length; i++) {
            List<JsonObject> events = events(create(), firstCuts[i]);
            while (!isLast(events.getLast())) {
                JsonObject resume = JsonObject.of(
                        "type",
                        "response.resume",
                        "response_id",
                        events.getFirst().getJsonObject("response").getString("id"),
                        "starting_after",
                        events.size() - 1);
                events.addAll(events(resume, i < uncut.size() - 1 ? Integer.MAX_VALUE : random.nextInt(1, 30)));
            }
            assertThat(told(events)).as("cut after %d events", firstCuts[i]).isEqualTo(uncut);
        }
    }
}
