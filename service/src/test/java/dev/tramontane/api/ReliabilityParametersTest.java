package dev.tramontane.api;

import static dev.tramontane.api.AttackedService.CHATS;
import static dev.tramontane.api.AttackedService.COMPLETIONS;
import static dev.tramontane.api.AttackedService.chat;
import static dev.tramontane.api.AttackedService.field;
import static dev.tramontane.api.AttackedService.item;
import static dev.tramontane.api.AttackedService.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.ForeignWords;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What clients ask for, by their numbers in docs/faults.md; what each is answered in detail is held by the tests that the same table names. */
class ReliabilityParametersTest extends AttackTests {
    @Override
    List<AttackedService.Item> items() {
        return List.of(
                item(14, "counts beyond every bound", "invalid_request", () -> {
                    for (String name : List.of("n", "logprobs", "max_tokens", "min_tokens", "prompt_logprobs")) {
                        for (String value : List.of("-1", "0.5", "2147483648", "9223372036854775808", "1e400")) {
                            at.refused(COMPLETIONS, field(name, value), 400);
                        }
                    }
                    at.refused(COMPLETIONS, field("n", "0"), 400);
                    at.refused(COMPLETIONS, field("max_tokens", "0"), 400);
                    at.refused(CHATS, chat("\"max_completion_tokens\": 0"), 400);
                    at.refused(COMPLETIONS, field("n", "9"), 400);
                    for (String value : List.of("0", "-1", "2", "2147483648", "9223372036854775808", "1e400")) {
                        at.refused(COMPLETIONS, field("best_of", value), 400);
                    }
                    for (String value : List.of("-1", "21", "2147483648", "9223372036854775808", "1e400")) {
                        at.refused(CHATS, chat("\"logprobs\": true, \"top_logprobs\": " + value), 400);
                        at.refused(CHATS, chat("\"max_tokens\": " + value.replace("21", "0")), 400);
                    }
                }),
                item(15, "numbers beyond every bound", "invalid_request", () -> {
                    for (String name : List.of(
                            "temperature",
                            "top_p",
                            "min_p",
                            "presence_penalty",
                            "frequency_penalty",
                            "repetition_penalty")) {
                        for (String value : List.of("NaN", "Infinity", "-3", "1e30", "\"1\"")) {
                            at.refused(COMPLETIONS, field(name, value), 400);
                        }
                    }
                    String greedy = field("temperature", "0, \"max_tokens\": 20, \"seed\": ");
                    assertThat(text(at.ask(COMPLETIONS, greedy.replace("\"seed\": ", "\"seed\": 1"))))
                            .isEqualTo(text(at.ask(COMPLETIONS, greedy.replace("\"seed\": ", "\"seed\": 2"))));
                }),
                item(16, "a hundred thousand stop strings, an empty one, one across tokens", "invalid_request", () -> {
                    at.refused(COMPLETIONS, field("stop", "[" + "\"s\", ".repeat(100_000) + "\"s\"]"), 400);
                    at.refused(COMPLETIONS, field("stop", "\"\""), 400);
                    try (TestService other = TestService.of("hello, world")) { // A token a byte.
                        TestService.Reply cut = other.completion(TestService.body(
                                "p", new JsonObject().put("stop", "o, w").put("max_tokens", 50)));
                        assertThat(cut.body()).contains("\"text\":\"hell\"", "\"finish_reason\":\"stop\"");
                    }
                }),
                item(17, "biases without number, out of range, and against everything", "invalid_request", () -> {
                    at.refused(COMPLETIONS, field("logit_bias", "{\"259\": 1}"), 400);
                    at.refused(COMPLETIONS, field("logit_bias", "{\"1\": -1e400}"), 400);
                    at.refused(COMPLETIONS, field("logit_bias", biases(50_000, 1)), 400);
                    at.tooLarge(COMPLETIONS, field("logit_bias", biases(1_000_000, 1)));
                    RawClient.Answer banned = at.ask(
                            COMPLETIONS, field("logit_bias", biases(ByteTokenizer.SIZE, -100) + ", \"max_tokens\": 4"));
                    assertThat(banned.status()).isEqualTo(200);
                    assertThat(banned.body()).contains("\"finish_reason\":\"").doesNotContain("NaN");
                }),
                item(18, "the outermost seeds, twice", () -> {
                    for (String seed : List.of("0", "-1", "9223372036854775807", "-9223372036854775808")) {
                        String body = field("seed", seed + ", \"max_tokens\": 20");
                        assertThat(text(at.ask(COMPLETIONS, body))).isEqualTo(text(at.ask(COMPLETIONS, body)));
                    }
                }),
                item(
                        19,
                        "schemas and patterns that are endless, deep, remote or go round in circles",
                        "invalid_request",
                        () -> {
                            String closed = "\"additionalProperties\": false, \"type\": \"object\"";
                            for (String schema : List.of(
                                    "{\"items\": ".repeat(10_000) + "{}" + "}".repeat(10_000),
                                    "{\"$ref\": \"#/$defs/a\", \"$defs\": {\"a\": {\"$ref\": \"#/$defs/a\"}}}",
                                    "{\"$ref\": \"http://127.0.0.1:1/schema\"}",
                                    "{\"$ref\": \"file:///etc/passwd\"}",
                                    "{" + closed
                                            + ", \"required\": [\"a\"], \"properties\": {\"a\": {\"$ref\": \"#\"}}}",
                                    "{\"type\": \"string\", \"pattern\": \"(?<=a)b\"}",
                                    "{\"type\": \"string\", \"pattern\": \"" + "(".repeat(60_000) + "\"}",
                                    "{\"type\": \"string\", \"pattern\": \"a{2,1000000000}\"}")) {
                                at.refused(CHATS, chat(formed(schema)), 400);
                            }
                            for (String schema :
                                    List.of( // What costs no more than any other is answered, or refused by its cost.
                                            "{\"type\": \"array\", \"minItems\": 1000000000, \"items\": {\"type\":"
                                                    + " \"null\"}}",
                                            "{\"type\": \"string\", \"pattern\": \"^(a+)+$\"}",
                                            listed(100_000))) {
                                RawClient.Answer answer = at.ask(CHATS, chat(formed(schema) + ", \"max_tokens\": 4"));
                                assertThat(answer.status()).as(answer.body()).isIn(200, 400);
                                assertThat(ForeignWords.in(answer.body())).isEmpty();
                            }
                        }),
                item(20, "grammars without a text, and with a dead end", () -> {
                    for (String empty :
                            List.of("root ::= \\\"a\\\" root", "root ::= root", "root ::= [^\\u0000-\\U0010ffff]")) {
                        at.refused(COMPLETIONS, field("grammar", "\"" + empty + "\""), 400);
                    }
                    RawClient.Answer dead = at.ask(
                            COMPLETIONS,
                            field(
                                    "grammar",
                                    "\"root ::= \\\"a\\\" | \\\"b\\\" root2\\n"
                                            + "root2 ::= \\\"c\\\" root2\", \"max_tokens\": 9"));
                    assertThat(dead.json()
                                    .getJsonArray("choices")
                                    .getJsonObject(0)
                                    .getString("text"))
                            .isEqualTo("a");
                    assertThat(dead.body()).contains("\"finish_reason\":\"stop\"");
                }),
                item(21, "templates of the client's own", () -> {
                    at.refused(CHATS, chat("\"chat_template\": \"{{ 1 }}\""), 400);
                    at.refused(CHATS, chat("\"chat_template_kwargs\": {\"messages\": []}"), 400);
                }),
                item(22, "prompts that cannot fit, and none", () -> {
                    at.refused(COMPLETIONS, "{\"prompt\": \"" + "x".repeat(600) + "\"}", 400);
                    at.refused(COMPLETIONS, field("max_tokens", "512"), 400);
                    at.refused(COMPLETIONS, "{\"prompt\": \"\"}", 400);
                    at.refused(CHATS, "{\"messages\": []}", 400);
                }),
                item(23, "pictures to fetch", () -> {
                    try (ServerSocket bait = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                        String url = "http://127.0.0.1:" + bait.getLocalPort() + "/x";
                        for (String picture : List.of(url, "file:///etc/passwd", "data:image/png;base64,AAAA")) {
                            at.refused(
                                    CHATS,
                                    "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\","
                                            + " \"image_url\": {\"url\": \"" + picture + "\"}}]}]}",
                                    400);
                        }
                        at.refused(CHATS, chat(formed("{\"$ref\": \"" + url + "\"}")), 400);
                        bait.setSoTimeout(1); // Who fetched it before answering waits in the line by now.
                        assertThatThrownBy(bait::accept).isInstanceOf(SocketTimeoutException.class);
                    }
                }),
                item(24, "paths as names of models", "model_not_found", () -> {
                    for (String name : List.of("../../etc/passwd", "%2e%2e/x", "a\\u0000b", "/proc/self/environ")) {
                        at.refused(COMPLETIONS, "{\"prompt\": \"p\", \"model\": \"" + name + "\"}", 404);
                    }
                    for (String path : List.of("..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e", "a%00b")) {
                        try (RawClient client = at.connect()) {
                            assertThat(client.send(RawClient.get("/v1/models/" + path))
                                            .answer()
                                            .status())
                                    .isBetween(400, 405); // As the root, nothing of which may be read in this service.
                        }
                    }
                }));
    }

    private static String biases(int ids, int bias) {
        return IntStream.range(0, ids)
                .mapToObj(id -> "\"" + id + "\": " + bias)
                .collect(Collectors.joining(", ", "{", "}"));
    }

    private static String formed(String schema) {
        return "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"n\", \"schema\": "
                + schema + "}}";
    }

    private static String listed(int values) {
        return IntStream.range(0, values)
                .mapToObj(value -> "\"v" + value + "\"")
                .collect(Collectors.joining(",", "{\"enum\": [", "]}"));
    }
}
