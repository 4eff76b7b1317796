package dev.tramontane.api.ws;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every event that is sent, and what docs/asyncapi.json shows of those that are taken, against the types of OpenAI's Python
 * client, strictly. Needs {@code src/test/clients/install.sh}.
 */
@Tag("clients")
class ResponsesEventsClientsTest {
    /** What is ours, as docs/websocket.md has it: how the faults begin that the models find. */
    private static JsonArray extensions() {
        JsonArray known = JsonArray.of(
                "error: .code",
                "error: .message",
                "error: .param",
                "response.function_call_arguments.done: .name",
                "response.incomplete: ('response', 'incomplete_details', 'reason') ",
                "response.steer.failed: ('steer', 'input'"); // What was no input is given back as it was.
        for (String event : List.of("created", "in_progress", "completed", "incomplete", "failed")) {
            known.add("response." + event + ": .response.store");
        }
        for (String field : List.of(
                "allowed_token_ids",
                "deadline_ms",
                "demand",
                "frequency_penalty",
                "ignore_eos",
                "include_stop_str_in_output",
                "logit_bias",
                "min_p",
                "min_tokens",
                "presence_penalty",
                "priority",
                "repetition_penalty",
                "seed",
                "skip_special_tokens",
                "stop",
                "stop_token_ids",
                "structured_outputs",
                "thinking_budget",
                "thinking_token_budget",
                "top_k")) {
            known.add("response.create: asked." + field);
        }
        return known;
    }

    @TempDir
    Path dir;

    @Test
    void areThoseOfOpenAisTypes() throws Exception {
        Path python = ClientProgram.clients("venv").resolve("venv/bin/python").toAbsolutePath();
        List<String> lines = new ArrayList<>();
        AsyncApiTest.traffic().forEach(event -> lines.add(event.encode()));
        for (String type : List.of("response.create", "response.steer")) {
            AsyncApiTest.examples(type)
                    .forEach(message -> lines.add(JsonObject.of("ask", message).encode()));
        }
        Path events = Files.write(dir.resolve("events"), lines);
        ClientProgram.run(
                python.toString(),
                "src/test/clients/events.py",
                events.toString(),
                "../docs/websocket.md",
                extensions().encode());
    }
}
