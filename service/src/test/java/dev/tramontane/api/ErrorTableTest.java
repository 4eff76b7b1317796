package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.RefusedException;
import dev.tramontane.engine.RefusedException.Cause;
import dev.tramontane.fixtures.ForeignWords;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.GenerationException.Kind;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Exceptions;

/**
 * Every failure has a status and OpenAI's body, and names the field at fault. Numbers are those of the attack catalogue
 * (reliability, section 4).
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ErrorTableTest {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String CHATS = "/v1/chat/completions";
    private static final String TOKENIZE = "/tokenize";
    private static final String DETOKENIZE = "/detokenize";

    private TestService service;

    @BeforeAll
    void start() {
        service = TestService.of("answer");
    }

    @AfterAll
    void stop() {
        service.close();
    }

    /** A body, the field to be blamed (null for none) and words of the message. */
    record Case(String path, String body, @Nullable String param, String message) {
        @Override
        public String toString() {
            return path + " " + (body.length() > 100 ? body.substring(0, 100) + "…" : body);
        }
    }

    private static Case field(String json, String param, String message) {
        return new Case(COMPLETIONS, "{\"prompt\": \"p\", " + json + "}", param, message);
    }

    private static Case chat(String json, String param, String message) {
        return new Case(
                CHATS, "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}], " + json + "}", param, message);
    }

    private static Case messages(String json, String param, String message) {
        return new Case(CHATS, "{\"messages\": " + json + "}", param, message);
    }

    /** What the routes beside the completions refuse, and shapes of tools, calls and parts. */
    static List<Case> badTokens() {
        return List.of(
                new Case(TOKENIZE, "", null, "must be a JSON object"),
                new Case(TOKENIZE, "{}", "prompt", "prompt or messages is missing"),
                new Case(TOKENIZE, "{\"prompt\": null}", "prompt", "prompt or messages is missing"),
                new Case(TOKENIZE, "{\"prompt\": \"a\", \"messages\": []}", "prompt", "exclude each other"),
                new Case(TOKENIZE, "{\"prompt\": 1}", "prompt", "must be a string, got 1"),
                new Case(TOKENIZE, "{\"prompt\": [\"a\"]}", "prompt", "must be a string, got an array"),
                new Case(TOKENIZE, "{\"prompt\": [1]}", "prompt", "must be a string, got an array"),
                new Case(TOKENIZE, "{\"prompt\": \"a\", \"prompt\": \"b\"}", null, "comes twice"),
                new Case(TOKENIZE, "{\"prompt\": \"\\udc00\"}", null, "surrogate"),
                new Case(TOKENIZE, "{\"prompt\": " + "[".repeat(100_000), null, "nest"),
                new Case(TOKENIZE, "{\"prompt\": \"a\", \"max_tokens\": 1}", "max_tokens", "unknown field max_tokens"),
                new Case(TOKENIZE, "{\"prompt\": \"a\", \"tools\": []}", "tools", "unknown field tools"),
                new Case(TOKENIZE, "{\"prompt\": \"a\", \"model\": []}", "model", "must be a string"),
                new Case(
                        TOKENIZE,
                        "{\"prompt\": \"a\", \"add_special_tokens\": 1}",
                        "add_special_tokens",
                        "true or false"),
                new Case(
                        TOKENIZE,
                        "{\"prompt\": \"a\", \"return_token_strs\": \"y\"}",
                        "return_token_strs",
                        "true or false"),
                new Case(TOKENIZE, "{\"messages\": {}}", "messages", "must be an array"),
                new Case(TOKENIZE, "{\"messages\": []}", "messages", "between 1 and"),
                new Case(TOKENIZE, "{\"messages\": [{\"role\": 1}]}", "messages[0].role", "must be a string"),
                tokens("\"add_special_tokens\": true", "add_special_tokens", "not supported"),
                tokens("\"chat_template\": \"x\"", "chat_template", "own layout"),
                tokens("\"chat_template_kwargs\": []", "chat_template_kwargs", "must be an object"),
                tokens("\"chat_template_kwargs\": {\"evil\": 1}", "chat_template_kwargs.evil", "allows"),
                tokens("\"continue_final_message\": true", "continue_final_message", "assistant"),
                tokens("\"temperature\": 1", "temperature", "unknown field"),
                new Case(DETOKENIZE, "[1]", null, "must be a JSON object"),
                new Case(DETOKENIZE, "{}", "tokens", "missing"),
                new Case(DETOKENIZE, "{\"tokens\": null}", "tokens", "missing"),
                new Case(DETOKENIZE, "{\"tokens\": 1}", "tokens", "must be an array"),
                new Case(DETOKENIZE, "{\"tokens\": \"1\"}", "tokens", "must be an array"),
                new Case(DETOKENIZE, "{\"tokens\": [[1]]}", "tokens[0]", "whole number"),
                new Case(DETOKENIZE, "{\"tokens\": [1, null]}", "tokens[1]", "whole number"),
                new Case(DETOKENIZE, "{\"tokens\": [1, true]}", "tokens[1]", "whole number"),
                new Case(DETOKENIZE, "{\"tokens\": [1, 1.5]}", "tokens[1]", "whole number"),
                new Case(DETOKENIZE, "{\"tokens\": [-1]}", "tokens[0]", "between 0 and"),
                new Case(DETOKENIZE, "{\"tokens\": [2147483648]}", "tokens[0]", "between 0 and"),
                new Case(DETOKENIZE, "{\"tokens\": [1, 259]}", "tokens", "Token 259 at index 1 of tokens"),
                new Case(DETOKENIZE, "{\"tokens\": [1], \"prompt\": \"a\"}", "prompt", "unknown field prompt"),
                new Case(
                        DETOKENIZE,
                        "{\"tokens\": [1], \"skip_special_tokens\": true}",
                        "skip_special_tokens",
                        "unknown"));
    }

    private static Case tokens(String json, String param, String message) {
        return new Case(
                TOKENIZE, "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}], " + json + "}", param, message);
    }

    private static Case calls(String json, String path, String message) {
        return messages(
                "[{\"role\": \"assistant\", \"tool_calls\": " + json + "}]", "messages[0].tool_calls" + path, message);
    }

    private static Case parts(String json, String path, String message) {
        return messages("[{\"role\": \"user\", \"content\": " + json + "}]", "messages[0].content" + path, message);
    }

    static List<Case> badShapes() {
        return List.of(
                chat("\"tools\": {}", "tools", "must be an array"),
                chat("\"tools\": [1]", "tools[0]", "must be an object"),
                chat("\"tools\": [{\"function\": {}}]", "tools[0].function.name", "missing"),
                chat("\"tools\": [{\"function\": []}]", "tools[0].function", "must be an object"),
                chat("\"tools\": [{\"function\": {\"name\": 1}}]", "tools[0].function.name", "must be a string"),
                chat(
                        "\"tools\": [{\"function\": {\"name\": \"f\", \"description\": []}}]",
                        "tools[0].function.description",
                        "a string"),
                chat(
                        "\"tools\": [{\"function\": {\"name\": \"f\", \"parameters\": []}}]",
                        "tools[0].function.parameters",
                        "an object"),
                chat(
                        "\"tools\": [{\"function\": {\"name\": \"f\", \"strict\": 1}}]",
                        "tools[0].function.strict",
                        "true or false"),
                chat("\"tools\": [{\"function\": {\"name\": \"f\", \"x\": 1}}]", "tools[0].function.x", "unknown"),
                chat("\"tools\": [{\"function\": {\"name\": \"f\"}, \"x\": 1}]", "tools[0].x", "unknown"),
                chat(
                        "\"tools\": [{\"function\": {\"name\": \"f\", \"parameters\": " + "{\"a\": ".repeat(70) + "1"
                                + "}".repeat(70) + "}}]",
                        null,
                        "nest"),
                chat(
                        "\"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"f\"}}",
                        "tool_choice",
                        "no tools to call"),
                chat(
                        "\"tools\": [{\"function\": {\"name\": \"f\"}}],"
                                + " \"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"g\"}}",
                        "tool_choice",
                        "not among the tools"),
                chat(
                        "\"tools\": [{\"function\": {\"name\": \"f\"}}], \"tool_choice\": \"required\"",
                        "tool_choice",
                        "--tool-parser"),
                chat("\"tools\": [{\"function\": {\"name\": \"f\", \"strict\": true}}]", "tools", "--tool-parser"),
                chat("\"tool_choice\": 1", "tool_choice", "auto, none, required"),
                chat("\"tool_choice\": \"some\"", "tool_choice", "auto, none, required"),
                chat("\"tool_choice\": {\"type\": \"mcp\"}", "tool_choice.type", "function or allowed_tools"),
                chat("\"tool_choice\": {\"type\": \"function\"}", "tool_choice.function", "missing"),
                chat(
                        "\"tool_choice\": {\"type\": \"allowed_tools\", \"mode\": \"auto\", \"tools\": []}",
                        "tool_choice.tools",
                        "at least one"),
                chat("\"parallel_tool_calls\": 1", "parallel_tool_calls", "true or false"),
                calls("{}", "", "must be an array"),
                calls("[1]", "[0]", "must be an object"),
                calls("[{\"type\": \"function\"}]", "[0].function", "missing"),
                calls("[{\"type\": \"web\", \"function\": {}}]", "[0].type", "not supported"),
                calls("[{\"id\": \"a\", \"function\": {\"arguments\": \"{}\"}}]", "[0].function.name", "missing"),
                calls(
                        "[{\"id\": \"a\", \"function\": {\"name\": \"f\", \"arguments\": {}}}]",
                        "[0].function.arguments",
                        "a string"),
                calls("[{\"function\": {\"name\": \"f\", \"arguments\": \"{}\"}}]", "[0].id", "missing"),
                calls(
                        "[{\"id\": 1, \"function\": {\"name\": \"f\", \"arguments\": \"{}\"}}]",
                        "[0].id",
                        "must be a string"),
                parts("[1]", "[0]", "must be an object"),
                parts("[{\"text\": \"a\"}]", "[0].type", "missing"),
                parts("[{\"type\": \"text\"}]", "[0].text", "missing"),
                parts("[{\"type\": \"text\", \"text\": 1}]", "[0].text", "must be a string"),
                parts("{\"type\": \"text\", \"text\": \"a\"}", "", "a string or an array of parts"),
                messages("{}", "messages", "must be an array"),
                messages("[null]", "messages[0]", "must be an object"),
                messages(
                        "[{\"role\": \"user\", \"content\": \"a\", \"prefix\": true}]",
                        "messages[0].prefix",
                        "last message"),
                messages(
                        "[{\"role\": \"assistant\", \"content\": \"a\", \"prefix\": 1}]",
                        "messages[0].prefix",
                        "true or false"),
                messages("""
                    [{"role": "assistant", "content": "a", "prefix": true}, {"role": "user", "content": "b"}]\
                    """, "messages[0].prefix", "last message"),
                new Case(CHATS, """
                    {"messages": [{"role": "assistant", "content": "a", "prefix": true}], "continue_final_message": false}\
                    """, "continue_final_message", "prefix"),
                new Case(CHATS, """
                    {"messages": [{"role": "assistant", "content": "a", "prefix": true}], "add_generation_prompt": true}\
                    """, "continue_final_message", "both"),
                messages(
                        "[{\"role\": \"tool\", \"content\": \"a\", \"tool_call_id\": 1}]",
                        "messages[0].tool_call_id",
                        "a string"),
                messages("[{\"role\": \"user\", \"content\": \"\\ud83d\"}]", null, "surrogate"),
                messages(
                        "[{\"role\": \"user\", \"content\": \"a\", \"tool_calls\": []}]",
                        "messages[0].tool_calls",
                        "only the assistant makes calls"),
                messages(
                        "[{\"role\": \"assistant\", \"content\": null, \"refusal\": \"No.\"}]",
                        "messages[0].refusal",
                        "put the words into content"),
                messages(
                        "[{\"role\": \"assistant\", \"content\": null, \"audio\": {\"id\": \"a\"}}]",
                        "messages[0].audio",
                        "text only"),
                messages(
                        "[{\"role\": \"assistant\", \"function_call\": {\"name\": \"f\"}}]",
                        "messages[0].function_call",
                        "use tool_calls"),
                messages("[{\"role\": \"user\", \"content\": \"a\", \"name\": 1}]", "messages[0].name", "a string"),
                messages(
                        "[" + "{\"role\": \"user\", \"content\": \"a\"}, ".repeat(4096) + "{}]",
                        "messages",
                        "between 1 and 4096"));
    }

    static List<Case> bad() {
        List<Case> cases = new ArrayList<>(List.of(
                // 9: JSON itself
                new Case(COMPLETIONS, "", null, "must be a JSON object"),
                new Case(COMPLETIONS, "[]", null, "must be a JSON object"),
                new Case(COMPLETIONS, "{\"prompt\": \"p\"", null, "line 1, column"),
                new Case(COMPLETIONS, "{\n  \"prompt\": p}", null, "line 2, column"),
                new Case(COMPLETIONS, "{\"prompt\": \"p\"} x", null, "JSON"),
                new Case(COMPLETIONS, "{\"prompt\": \"p\"}{}", null, "goes on"),
                new Case(COMPLETIONS, "{\"prompt\": \"a\", \"prompt\": \"b\"}", null, "comes twice"),
                new Case(COMPLETIONS, "\ufeff{\"prompt\": \"p\"}", null, "byte order mark"),
                new Case(COMPLETIONS, "{\"prompt\": " + "[".repeat(100_000), null, "depth"),
                field("\"temperature\": NaN", null, "JSON"),
                field("\"temperature\": 1e400", "temperature", "too large"),
                field("\"logit_bias\": {\"1\": -1e400}", "logit_bias.1", "too large"),
                field("\"seed\": " + "9".repeat(100_000), "seed", "more than 4300 characters"),
                field("\"seed\": " + "9".repeat(4000), "seed", "9…"),
                field(
                        "\"seed\": 9223372036854775808",
                        "seed",
                        "seed must be a whole number of 64 bits, got 9223372036854775808"),
                field(
                        "\"max_tokens\": 18446744073709551617",
                        "max_tokens",
                        "max_tokens must be a whole number between"),
                field("\"temperature\": 18446744073709551617", "temperature", "between 0 and 10, got 184467440737"),
                field("\"stop_token_ids\": [-9223372036854775809]", "stop_token_ids[0]", "whole number between 0"),
                new Case(COMPLETIONS, "{\"prompt\": [1, 18446744073709551616]}", "prompt[1]", "whole number"),
                // 62: no text
                field("\"user\": \"\\ud800\"", null, "surrogate"),
                // fields
                field("\"nonsense\": 1", "nonsense", "unknown field nonsense"),
                field("\"max_token\": 1", "max_token", "unknown field max_token; did you mean max_tokens?"),
                chat("\"temprature\": 1", "temprature", "unknown field temprature; did you mean temperature?"),
                chat(
                        "\"tools\": [{\"functon\": {}, \"function\": {\"name\": \"f\"}}]",
                        "tools[0].functon",
                        "mean function?"),
                field("\"" + "x".repeat(1000) + "\": 1", "x".repeat(1000), "xxx…"),
                field("\"temperature\": \"hot\"", "temperature", "must be a number between 0 and 10, got \"hot\""),
                field("\"stream\": 1", "stream", "must be true or false"),
                field("\"stream\": \"" + "x".repeat(500) + "\"", "stream", "…"),
                field("\"model\": 1", "model", "must be a string"),
                field("\"suffix\": \"s\"", "suffix", "cannot fill a gap"),
                field("\"best_of\": 2", "best_of", "not supported"),
                field("\"store\": true", "store", "not supported"),
                field(
                        "\"response_format\": {\"type\": \"xml\"}",
                        "response_format.type",
                        "text, json_object, json_schema or structural_tag"),
                field("\"response_format\": {\"type\": \"json_schema\"}", "response_format.json_schema", "missing"),
                field(
                        "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"a\"}}",
                        "response_format.json_schema.schema",
                        "missing"),
                field(
                        "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"a\","
                                + " \"schema\": {\"type\": \"object\", \"properties\": {\"b\": {\"$anchor\": \"b\"}}}}}",
                        "response_format.json_schema.schema",
                        "/properties/b"),
                field(
                        "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"a\","
                                + " \"strict\": true, \"schema\": {\"type\": \"object\", \"properties\": {\"b\": {}}}}}",
                        "response_format.json_schema.schema",
                        "response_format.json_schema.schema is refused"),
                field("\"guided_json\": \"{\"", "guided_json", "guided_json"),
                field("\"structured_outputs\": {}", "structured_outputs", "one of choice, regex, json"),
                field("\"structured_outputs\": []", "structured_outputs", "an object"),
                field("\"structured_outputs\": {\"regexp\": \"a\"}", "structured_outputs.regexp", "unknown field"),
                field("\"structured_outputs\": {\"regex\": 7}", "structured_outputs.regex", "a string"),
                field("\"structured_outputs\": {\"choice\": [\"a\", 7]}", "structured_outputs.choice[1]", "a string"),
                field("\"structured_outputs\": {\"choice\": []}", "structured_outputs.choice", "no text at all"),
                field("\"guided_regex\": \"(a)\\\\1\"", "guided_regex", "guided_regex is refused"),
                field("\"guided_regex\": \"a\", \"guided_choice\": [\"b\"]", "guided_regex", "send one of them"),
                field(
                        "\"structured_outputs\": {\"regex\": \"a\", \"choice\": [\"b\"]}",
                        "structured_outputs.regex",
                        "send one of them"),
                field("\"grammar\": 7", "grammar", "a string"),
                field("\"grammar\": \"root ::= word\"", "grammar", "grammar is refused"),
                // 20: an empty language
                field("\"grammar\": \"root ::= \\\"a\\\" root\"", "grammar", "no text at all"),
                field(
                        "\"structured_outputs\": {\"grammar\": \"root ::= (\"}",
                        "structured_outputs.grammar",
                        "is refused"),
                field("\"stream_options\": {\"include_usage\": true}", "stream_options", "needs stream"),
                field("\"stream\": true, \"prompt_logprobs\": 1", "prompt_logprobs", "cannot be streamed"),
                field("\"min_tokens\": 5, \"max_tokens\": 4", "min_tokens", "between 0 and 4"),
                field("\"truncate_prompt_tokens\": 4", "truncate_prompt_tokens", "not supported"),
                // 16, 17: stops and biases
                field("\"stop\": [" + "\"s\", ".repeat(16) + "\"s\"]", "stop", "at most 16"),
                field("\"stop\": \"\"", "stop", "between 1 and 256"),
                field("\"stop\": [\"a\", 1]", "stop[1]", "must be a string"),
                field("\"stop\": {}", "stop", "string or an array"),
                field("\"logit_bias\": {\"x\": 1}", "logit_bias", "token id"),
                field("\"logit_bias\": {\"-1\": 1}", "logit_bias", "token id"),
                field("\"logit_bias\": {\"+1\": 1}", "logit_bias", "token id"),
                field("\"logit_bias\": {\"01\": 1}", "logit_bias", "token id"),
                field("\"logit_bias\": {\"1\": 1, \"01\": -1}", "logit_bias", "token id"),
                field("\"logit_bias\": {\"\u0661\": 1}", "logit_bias", "token id"),
                field("\"logit_bias\": {\"\uff11\": 1}", "logit_bias", "token id"),
                field("\"logit_bias\": {\" 1\": 1}", "logit_bias", "token id"),
                field("\"logit_bias\": {\"\": 1}", "logit_bias", "token id"),
                field("\"logit_bias\": {\"4294967295\": 1}", "logit_bias", "token id"),
                field("\"logit_bias\": {\"1\": 101}", "logit_bias[\"1\"]", "between -100 and 100"),
                field("\"logit_bias\": {\"259\": 1}", "logit_bias", "vocabulary"),
                field("\"stop_token_ids\": [259]", "stop_token_ids", "vocabulary"),
                field("\"allowed_token_ids\": [259]", "allowed_token_ids", "vocabulary"),
                field("\"allowed_token_ids\": [\"7\"]", "allowed_token_ids[0]", "whole number"),
                field("\"allowed_token_ids\": []", "allowed_token_ids", "at least one id"),
                field("\"stop_token_ids\": [-1]", "stop_token_ids[0]", "between 0 and"),
                // 22: prompts
                new Case(COMPLETIONS, "{}", "prompt", "missing"),
                new Case(COMPLETIONS, "{\"prompt\": \"\"}", "prompt", "empty"),
                new Case(COMPLETIONS, "{\"prompt\": []}", "prompt", "non-empty"),
                new Case(COMPLETIONS, "{\"prompt\": [[]]}", "prompt[0]", "non-empty"),
                new Case(COMPLETIONS, "{\"prompt\": [1, \"a\"]}", "prompt[1]", "whole number"),
                new Case(COMPLETIONS, "{\"prompt\": [1.5]}", "prompt[0]", "whole number"),
                new Case(COMPLETIONS, "{\"prompt\": [259]}", "prompt", "vocabulary"),
                new Case(COMPLETIONS, "{\"prompt\": [\"a\", null]}", "prompt[1]", "string"),
                new Case(COMPLETIONS, "{\"prompt\": 7}", "prompt", "string"),
                field("\"max_tokens\": 0", "max_tokens", "at least 1 unless echo"),
                // 14, 15: ranges
                field("\"echo\": true, \"max_tokens\": -1", "max_tokens", "between 0 and"),
                chat("\"max_tokens\": 0", "max_tokens", "between 1 and"),
                chat("\"top_logprobs\": 2", "top_logprobs", "needs logprobs"),
                chat("\"logprobs\": 2", "logprobs", "true or false"),
                chat("\"max_tokens\": 1, \"max_completion_tokens\": 2", "max_tokens", "differ"),
                // chats
                new Case(CHATS, "{}", "messages", "missing"),
                messages("[]", "messages", "between 1 and"),
                messages("[1]", "messages[0]", "an object"),
                messages("[{\"content\": \"a\"}]", "messages[0].role", "missing"),
                messages("[{\"role\": \"robot\", \"content\": \"a\"}]", "messages[0].role", "must be system"),
                messages("[{\"role\": \"user\"}]", "messages[0].content", "missing"),
                messages("[{\"role\": \"user\", \"content\": 1}]", "messages[0].content", "array of parts"),
                messages("[{\"role\": \"tool\", \"content\": \"a\"}]", "messages[0].tool_call_id", "missing"),
                // 23: nothing is fetched
                messages("""
                    [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}]\
                    """, "messages[0].content[0].type", "text only"),
                // 21: templates
                chat("\"chat_template\": \"{{ x }}\"", "chat_template", "own template"),
                chat("\"chat_template_kwargs\": {\"evil\": 1}", "chat_template_kwargs.evil", "allows"),
                chat("\"tool_choice\": \"required\"", "tool_choice", "no tools to call"),
                chat("\"tools\": [{\"type\": \"function\"}]", "tools[0].function", "missing"),
                chat("\"tools\": [{\"type\": \"web\"}]", "tools[0].type", "not supported"),
                chat("\"functions\": []", "functions", "use tools"),
                chat("\"audio\": {}", "audio", "text only"),
                chat("\"continue_final_message\": true", "continue_final_message", "assistant"),
                chat(
                        "\"continue_final_message\": true, \"add_generation_prompt\": true",
                        "continue_final_message",
                        "both")));
        // 14: counts out of range
        for (String value : List.of("-1", "0.5", "2147483648", "9223372036854775807", "\"1\"", "true")) {
            for (String name : List.of("n", "logprobs", "max_tokens", "min_tokens", "prompt_logprobs")) {
                cases.add(field("\"" + name + "\": " + value, name, "whole number"));
            }
        }
        cases.add(field("\"n\": 0", "n", "between 1 and 8"));
        cases.add(field("\"n\": 9", "n", "between 1 and 8"));
        cases.add(field("\"logprobs\": 21", "logprobs", "between 0 and 20"));
        // 15: numbers out of range
        for (String name : List.of(
                "temperature", "top_p", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty")) {
            for (String value : List.of("-2.5", "1e30", "\"1\"", "[]")) {
                cases.add(field("\"" + name + "\": " + value, name, "must be a number between"));
            }
        }
        return cases;
    }

    @ParameterizedTest
    @MethodSource({"bad", "badTokens", "badShapes"})
    void isRefusedByName(Case wrong) {
        TestService.Reply answer = service.post(wrong.path(), wrong.body());
        assertThat(answer.status()).as(answer.body()).isEqualTo(400);
        JsonObject error = answer.error();
        assertThat(error.getMap().keySet()).containsExactly("message", "type", "param", "code");
        assertThat(error.getString("type")).isEqualTo("invalid_request_error");
        assertThat(error.getString("param")).as(answer.body()).isEqualTo(wrong.param());
        assertThat(error.getString("message")).contains(wrong.message()).hasSizeLessThan(400);
        assertThat(ForeignWords.in(error.getString("message")))
                .as(answer.body())
                .isEmpty();
        assertThat(ForeignWords.countsWrong(error.getString("message")))
                .as(answer.body())
                .isFalse();
        assertThat(((ScriptedEngine) service.engine).runs).isEmpty(); // Nothing reached the engine.
    }

    /** Several prompts of a request may fail in the same moment; found by mutation. */
    @Test
    void failuresThatComeTogetherAreToldAsTheFirst() {
        GenerationException empty = new GenerationException(Kind.INVALID, "The prompt is empty.", "prompt", 0);
        ApiException told = ApiException.of(Exceptions.multiple(empty, new IllegalStateException("another")), "");
        assertThat(told.status()).isEqualTo(400);
        assertThat(told.param()).isEqualTo("prompt");
        assertThat(told.getMessage()).isEqualTo("The prompt is empty.");
    }

    /** As when it had not been found: a moment earlier or later tells the same. */
    @Test
    void anAdapterThatIsUnloadedMeanwhileIsNotFound() {
        GenerationException gone =
                new GenerationException(Kind.GONE, "The adapter has just been unloaded.", "model", 0);
        ApiException told = ApiException.of(gone, "");
        assertThat(told.status()).isEqualTo(404);
        assertThat(told.code()).isEqualTo(ApiException.unknownModel("one").code());
        assertThat(told.param()).isEqualTo("model");
    }

    @Test
    void tooLongForTheContext() {
        for (String body :
                List.of("{\"prompt\": \"" + "x".repeat(5000) + "\"}", "{\"prompt\": \"p\", \"max_tokens\": 4096}")) {
            TestService.Reply answer = service.post(COMPLETIONS, body);
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.error().getString("code")).isEqualTo("context_length_exceeded");
            assertThat(answer.error().getString("message")).contains("4096 tokens");
        }
    }

    @Test
    void unknownModelsAreNeverPaths() { // 24
        for (String name : List.of("gpt-4", "../../etc/passwd", "a\\u0000b", "toy/bytes/", "")) {
            for (String route : List.of(COMPLETIONS, TOKENIZE)) {
                TestService.Reply answer = service.post(route, "{\"prompt\": \"p\", \"model\": \"" + name + "\"}");
                assertThat(answer.status()).isEqualTo(404);
                assertThat(answer.error().getString("param")).isEqualTo("model");
                assertThat(answer.error().getString("code")).isEqualTo("model_not_found");
            }
        }
        assertThat(service.post(DETOKENIZE, "{\"tokens\": [1], \"model\": \"x\"}")
                        .status())
                .isEqualTo(404);
        for (String path : List.of("gpt-4", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e", "a%00b", "a%0d%0ab")) {
            assertThat(service.get("/v1/models/" + path).status()).as(path).isBetween(400, 405);
        }
    }

    @Test
    void modelsAreListed() {
        String entry = """
            {"id": "toy/bytes", "object": "model", "created": 1700000000, "owned_by": "tramontane",
             "root": "toy/bytes", "parent": null, "max_model_len": 4096, "type": "base", "name": "toy/bytes",
             "max_context_length": 4096, "default_model_temperature": 1.0, "default_sampling_params": {}, "aliases": [],
             "capabilities": {"completion_chat": true, "completion_fim": false, "function_calling": false,
                              "fine_tuning": false, "vision": false}}\
            """;
        assertThat(service.get("/v1/models").json())
                .isEqualTo(new JsonObject("{\"object\": \"list\", \"data\": [" + entry + "], \"models\": [{\"name\":"
                        + " \"toy/bytes\", \"model\": \"toy/bytes\", \"modified_at\": \"2023-11-14T22:13:20Z\","
                        + " \"capabilities\": [\"completion\"], \"details\": {}}]}"));
        assertThat(service.get("/v1/models/toy/bytes").json()).isEqualTo(new JsonObject(entry));
        assertThat(service.get("/v1/models/toy%2Fbytes").json()).isEqualTo(new JsonObject(entry));
    }

    @Test
    void wrongPathsMethodsAndTypes() { // 10, 13
        TestService.Reply unknown = service.get("/v1/completion");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.error().getString("code")).isEqualTo("unknown_url");
        assertThat(unknown.error().getString("message"))
                .isEqualTo(
                        "There is nothing at /v1/completion; did you mean /v1/completions? This server has GET /livez, GET /startupz, GET"
                                + " /readyz, GET /health, GET /v1/health, GET /ping, POST /ping, GET /v1/models, GET"
                                + " /v1/models/*, POST /v1/completions, POST /v1/chat/completions, POST"
                                + " /v1/fim/completions, POST /tokenize, POST /detokenize, GET /v1/responses, POST"
                                + " /v1/responses, DELETE /v1/responses/{id}, GET /v1/responses/{id}, POST"
                                + " /v1/responses/{id}/cancel, GET /v1/responses/{id}/input_items, GET /capacity, GET"
                                + " /version, GET /openapi.json, POST /api/generate, POST /api/chat, GET /api/tags, GET"
                                + " /api/ps, POST /api/show, POST /api/pull, DELETE /api/delete, GET /api/version, POST /, POST /generate, POST /generate_stream, GET /info");
        assertThat(service.get("/" + "x".repeat(3000)).error().getString("message"))
                .hasSizeLessThan(900);
        TestService.Reply method = service.get(COMPLETIONS);
        assertThat(method.status()).isEqualTo(405);
        assertThat(method.header("Allow")).isEqualTo("POST");
        assertThat(method.error().getString("code")).isEqualTo("method_not_allowed");
        HttpRequest.Builder head = HttpRequest.newBuilder(uri(CHATS)).HEAD();
        assertThat(service.send(head).status()).isEqualTo(405);
        HttpRequest.Builder typed = HttpRequest.newBuilder(uri(COMPLETIONS))
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"p\"}"));
        assertThat(service.send(typed).status()).isEqualTo(415);
        HttpRequest.Builder bare = HttpRequest.newBuilder(uri(COMPLETIONS))
                .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"p\"}"));
        assertThat(service.send(bare).status()).isEqualTo(415);
        for (String encoding : List.of("gzip", "br")) {
            HttpRequest.Builder packed = HttpRequest.newBuilder(uri(COMPLETIONS))
                    .header("Content-Type", "application/json")
                    .header("Content-Encoding", encoding)
                    .POST(HttpRequest.BodyPublishers.ofString("{}"));
            assertThat(service.send(packed).status()).isEqualTo(415);
        }
        HttpRequest.Builder charset = HttpRequest.newBuilder(uri(COMPLETIONS))
                .header("Content-Type", "Application/JSON; charset=utf-8")
                .POST(HttpRequest.BodyPublishers.ofString("[]"));
        assertThat(service.send(charset).error().getString("message")).contains("object");
        HttpRequest.Builder utf16 = HttpRequest.newBuilder(uri(COMPLETIONS))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{}", java.nio.charset.StandardCharsets.UTF_16));
        assertThat(service.send(utf16).error().getString("message")).contains("UTF-8");
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + service.port + path);
    }

    @Test
    void whatTheEngineRefuses() {
        record Refusal(Cause cause, int status, String code, String retryAfter) {}
        for (Refusal refusal : List.of(
                new Refusal(Cause.BUSY, 429, "rate_limit_exceeded", "7"),
                new Refusal(Cause.LATE, 429, "deadline_unreachable", "7"),
                new Refusal(Cause.TOO_LARGE, 400, "context_length_exceeded", ""),
                new Refusal(Cause.UNAVAILABLE, 503, "service_unavailable", "7"))) {
            ScriptedEngine engine = new ScriptedEngine("x");
            engine.refuse(new RefusedException(refusal.cause(), "No room.", 7));
            try (TestService refusing = TestService.running(engine, TestService.CONFIG)) {
                for (boolean stream : List.of(false, true)) {
                    TestService.Reply answer =
                            refusing.completion(TestService.body("p", new JsonObject().put("stream", stream)));
                    assertThat(answer.status()).isEqualTo(refusal.status());
                    assertThat(answer.header("Retry-After")).isEqualTo(refusal.retryAfter());
                    assertThat(answer.error().getString("code")).isEqualTo(refusal.code());
                    assertThat(answer.error().getString("message")).isEqualTo("No room.");
                }
            }
        }
    }

    @Test
    void whatFailsOnTheWay() {
        ScriptedEngine engine = new ScriptedEngine(at -> at == 2 ? ScriptedEngine.FAIL : 'a');
        try (TestService failing = TestService.running(engine, TestService.CONFIG)) {
            TestService.Reply whole = failing.completion(TestService.body("p", new JsonObject()));
            assertThat(whole.status()).isEqualTo(500);
            assertThat(whole.error().getString("type")).isEqualTo("server_error");
            TestService.Reply stream = failing.completion(TestService.body("p", new JsonObject().put("stream", true)));
            assertThat(stream.status()).isEqualTo(200); // The head had gone out.
            assertThat(StrictEvents.failed(stream.body()).getString("message"))
                    .isEqualTo("The model gave no finite number.");
        }
    }

    /** llama.cpp's clients read the body, vLLM's the status; both ask while the model is being loaded. */
    @ParameterizedTest
    @ValueSource(strings = {"/health", "/v1/health", "/ping"})
    void healthIsAnsweredAsOtherServersDo(String path) {
        assertThat(service.get(path).status()).isEqualTo(200);
        assertThat(service.get(path).json()).isEqualTo(new JsonObject("{\"status\": \"ok\"}"));
        assertThat(service.send(HttpRequest.newBuilder(uri(path)).HEAD()).status())
                .isEqualTo(200);
        service.ready = new Health.Answer(false, "the server is shutting down");
        try {
            TestService.Reply draining = service.get(path);
            assertThat(draining.status()).isEqualTo(503);
            assertThat(draining.json()).isEqualTo(new JsonObject("""
                {"error": {"code": 503, "message": "the server is shutting down", "type": "unavailable_error"}}\
                """));
            service.started = new Health.Answer(false, "the model is being loaded");
            assertThat(service.get(path).json()).isEqualTo(new JsonObject("""
                {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}\
                """));
        } finally {
            service.started = Health.Answer.WELL;
            service.ready = Health.Answer.WELL;
        }
    }

    /** What clients of other servers ask for is told apart from a mistyped path, whatever the method. */
    @Test
    void whatIsNotServedIsRefusedByName() {
        assertThat(UnservedRoutes.paths())
                .contains("/v1/embeddings", "/v1/images", "/v1/audio", "/v1/moderations", "/v1/files")
                .contains("/v1/fine_tuning", "/v1/batches", "/v1/messages", "/v1/conversations", "/api")
                .doesNotHaveDuplicates();
        for (String path : UnservedRoutes.paths()) {
            for (TestService.Reply answer :
                    List.of(service.get(path), service.get(path + "/x"), service.post(path + "/a/b", "{}"))) {
                assertThat(answer.status()).as(path).isEqualTo(404);
                if (answer.json().getValue("error") instanceof String message) { // As Ollama's clients read it.
                    assertThat(path).startsWith("/api");
                    assertThat(message).contains(" are not served here: ");
                    continue;
                }
                assertThat(answer.error().getString("code")).isEqualTo("unsupported_endpoint");
                assertThat(answer.error().getString("message")).contains(" are not served here: ");
            }
        }
        assertThat(service.post("/v1/embeddings", "{\"input\": \"a\"}").error().getString("message"))
                .isEqualTo("Embeddings are not served here: this server generates text only.");
        assertThat(service.post("/v1/images/generations", "{}").error().getString("message"))
                .startsWith("Images are not served here");
        assertThat(service.post("/v1/conversations", "{}").error().getString("message"))
                .isEqualTo("Conversations are not served here: use previous_response_id of POST /v1/responses.");
    }

    @Test
    void theVersionIsTold() {
        assertThat(service.get("/version").json()).isEqualTo(new JsonObject("{\"version\": \"1.2.3\"}"));
    }

    @Test
    void aPingIsAnsweredByBothMethods() {
        assertThat(service.post("/ping", "").status()).isEqualTo(200);
        service.ready = new Health.Answer(false, "draining");
        try {
            assertThat(service.post("/ping", "").status()).isEqualTo(503);
        } finally {
            service.ready = Health.Answer.WELL;
        }
    }

    @Test
    void probes() {
        assertThat(service.get("/livez").json()).isEqualTo(new JsonObject("{\"status\": \"ok\", \"detail\": \"ok\"}"));
        assertThat(service.get("/startupz").status()).isEqualTo(200);
        assertThat(service.get("/readyz").status()).isEqualTo(200);
        assertThat(service.send(HttpRequest.newBuilder(uri("/livez")).HEAD()).status())
                .isEqualTo(200);
        service.ready = new Health.Answer(false, "draining");
        try {
            TestService.Reply answer = service.get("/readyz");
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.json().getString("detail")).isEqualTo("draining");
            assertThat(service.get("/livez").status()).isEqualTo(200);
        } finally {
            service.ready = Health.Answer.WELL;
        }
    }

    @Test
    void requestsAreObservedByRoute() {
        service.get("/v1/models/nothing");
        service.get("/nowhere/" + System.nanoTime());
        TestService.eventually()
                .untilAsserted(() ->
                        assertThat(service.observer.requests).contains("GET /v1/models/* 404", "GET unmatched 404"));
    }
}
