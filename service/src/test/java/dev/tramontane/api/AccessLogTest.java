package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.AccessLines;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** X-Request-Id leads to one line that says what the request was, how it ended and what it took. */
class AccessLogTest {
    private static final String ID = "X-Request-Id";

    private final AccessLines log = new AccessLines();
    private TestService service = TestService.of("answer");

    @BeforeEach
    void fresh() {
        assertThat(log.with("")).isEmpty();
    }

    @AfterEach
    void close() {
        service.close();
        log.close();
    }

    /** The only line with these words, once it is there. */
    private String line(String words) {
        TestService.eventually().untilAsserted(() -> assertThat(log.with(words)).hasSize(1));
        return log.with(words).getFirst();
    }

    @Test
    void aWholeAnswer() {
        TestService.Reply reply = service.completion(TestService.body("four", new JsonObject().put("max_tokens", 3)));
        assertThat(line("id=" + reply.header(ID)))
                .startsWith("POST /v1/completions 200 client=127.0.0.1:")
                .contains(" route=/v1/completions end=complete prompt_tokens=4 completion_tokens=3 first_ms=", " ms=")
                .endsWith(" bytes=" + reply.body().length());
    }

    @Test
    void aStreamOfSeveralPromptsAndChoices() {
        JsonObject body = new JsonObject()
                .put("model", TestService.MODEL)
                .put("prompt", new JsonArray().add("ab").add("cde"))
                .put("n", 2)
                .put("stream", true)
                .put("max_tokens", 3);
        TestService.Reply reply = service.completion(body);
        assertThat(line("id=" + reply.header(ID)))
                .contains(" 200 ", "end=complete", " prompt_tokens=5 completion_tokens=12 first_ms=");
    }

    @Test
    void refusalsSayWhy() {
        TestService.Reply elsewhere = service.get("/v1/embeddings");
        assertThat(line("id=" + elsewhere.header(ID)))
                .startsWith("GET /v1/embeddings 404 ")
                .contains("route=/v1/embeddings/* end=failed error=unsupported_endpoint ms=");
        TestService.Reply unknown = service.get("/v1/nothing");
        assertThat(line("id=" + unknown.header(ID)))
                .startsWith("GET /v1/nothing 404 ")
                .contains("route=unmatched end=failed error=unknown_url ms=")
                .doesNotContain("tokens");
        TestService.Reply wrong = service.completion(TestService.body("p", new JsonObject().put("n", 0)));
        assertThat(line("id=" + wrong.header(ID))).contains(" 400 ", "error=invalid_request_error");
    }

    @Test
    void aFailureAfterTheHeadIsNoSuccess() {
        service.close();
        service =
                TestService.running(new ScriptedEngine(at -> at == 2 ? ScriptedEngine.FAIL : 'a'), TestService.CONFIG);
        TestService.Reply reply = service.completion(TestService.body("p", new JsonObject().put("stream", true)));
        assertThat(reply.status()).isEqualTo(200);
        assertThat(line("id=" + reply.header(ID)))
                .contains(" 200 ", "end=failed error=generation_failed prompt_tokens=1 completion_tokens=2");
    }

    @Test
    void aClientThatLeaves() throws Exception {
        service.close();
        ScriptedEngine engine = new ScriptedEngine("answer");
        service = TestService.stepped(engine, TestService.CONFIG);
        JsonObject body = TestService.body("p", new JsonObject().put("stream", true));
        try (Socket socket = service.connect()) {
            socket.getOutputStream()
                    .write(TestService.request("/v1/completions", body.encode()).getBytes(StandardCharsets.UTF_8));
            TestService.eventually().until(() -> !engine.runs.isEmpty() && engine.step());
        }
        assertThat(line("POST /v1/completions")).contains("end=disconnected", "prompt_tokens=1 ");
    }

    @Test
    void aHeadThatCannotBeRead() throws Exception {
        String answer;
        try (Socket socket = service.connect()) {
            socket.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
        String refused = line(" 400 ");
        String id = refused.replaceFirst(".* id=(\\S+) .*", "$1");
        assertThat(refused).contains("error=bad_host");
        assertThat(answer).containsIgnoringCase("X-Request-Id: " + id);
    }

    @Test
    void aClientsOwnIdIsKeptWhereItIsWellFormed() {
        for (String own : List.of("abc-123", "Root=1-5759e988-bd862e3fe1be46a994272793", "a".repeat(128))) {
            assertThat(asked(own)).isEqualTo(own);
            line("id=" + own + " ");
        }
        for (String bad : List.of("", "a b", "a\tb", "<b>", "\"", "a".repeat(129), "é")) {
            assertThat(asked(bad)).startsWith("req_").hasSize("req_".length() + 24);
        }
    }

    /** A line leads to its trace, whether the client brought it or not. */
    @Test
    void aLineNamesItsTrace() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        TestService.Reply brought =
                service.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + "/v1/models"))
                        .header("traceparent", "00-" + trace + "-00f067aa0ba902b7-01"));
        assertThat(line("id=" + brought.header(ID))).contains(" trace=" + trace + " ");
        assertThat(brought.header("traceparent")).startsWith("00-" + trace + "-");
        TestService.Reply own = service.get("/v1/nothing");
        assertThat(own.header("traceparent")).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-00");
        assertThat(line("id=" + own.header(ID)))
                .contains(" trace=" + own.header("traceparent").substring(3, 35) + " ");
    }

    /** What is logged of a fault says whose it was. */
    @Test
    void anErrorLineNamesTheTrace() {
        service.close();
        service = TestService.running(new ScriptedEngine(at -> ScriptedEngine.FAIL), TestService.CONFIG);
        try (AccessLines errors = new AccessLines(ApiException.class.getName())) {
            TestService.Reply reply = service.completion(TestService.body("p", new JsonObject()));
            assertThat(reply.status()).isEqualTo(500);
            assertThat(errors.with("A generation failed"))
                    .hasSize(1)
                    .allMatch(line -> line.endsWith(
                            " trace=" + reply.header("traceparent").substring(3, 35)));
        }
    }

    private String asked(String id) {
        return service.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + "/v1/models"))
                        .header(ID, id))
                .header(ID);
    }

    /** Whatever stands in a path, it is one line, and its fields are this server's. */
    @Test
    void nobodyWritesLinesOfTheirOwn() throws Exception {
        String path = "/a%0a%0d%20id=forged\u2028\u202e" + "x".repeat(400);
        try (Socket socket = service.connect()) {
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            socket.getInputStream().readAllBytes();
        }
        String line = line("GET ");
        assertThat(line)
                .hasLineCount(1)
                .hasSizeLessThan(600)
                .doesNotContain("\n", "\r", "\u2028", "\u202e", " id=forged");
    }
}
