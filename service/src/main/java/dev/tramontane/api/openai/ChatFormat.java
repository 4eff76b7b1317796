package dev.tramontane.api.openai;

import dev.tramontane.api.Instance;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Alternative;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Scored;
import dev.tramontane.generation.GenerationEvent.Token;
import dev.tramontane.json.JsonWriter;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/** OpenAI's chat.completion and chat.completion.chunk objects. */
final class ChatFormat extends AnswerFormat {
    private final int topLogprobs;

    /** @param topLogprobs alternatives per token; -1: no log-probabilities wanted */
    ChatFormat(
            AnswerOptions options,
            int topLogprobs,
            String model,
            long createdSeconds,
            String fingerprint,
            Instance here) {
        super(
                new Head(id("chatcmpl-", here, options), "chat.completion", model, createdSeconds, fingerprint),
                "chat.completion.chunk",
                options);
        this.topLogprobs = topLogprobs;
    }

    @Override
    void writeChoice(JsonGenerator json, Answer answer, Answer.Part part) {
        json.writeName("message").writeStartObject();
        json.writeStringProperty("role", "assistant");
        json.writeStringProperty("content", part.text.toString());
        json.writeNullProperty("refusal");
        json.writeName("annotations").writeStartArray().writeEndArray();
        json.writeEndObject();
        writeLogprobs(json, part.tokens);
        if (options().returnIds()) {
            writeIds(json, "token_ids", part.tokens);
        }
    }

    @Override
    void writeTail(JsonGenerator json, List<Answer> answers) {
        Answer answer = answers.getFirst();
        if (options().returnIds()) {
            writeIds(json, "prompt_token_ids", answer.promptIds);
        }
        if (options().promptLogprobs() >= 0) {
            writePromptLogprobs(json, answer.scored);
        }
    }

    @Override
    byte[] chunks(int prompt, GenerationEvent event) {
        return switch (event) {
            case Accepted accepted -> beginnings(accepted.promptIds());
            case Scored scored -> NOTHING;
            case Delta delta ->
                chunk(delta.choice(), json -> {
                    json.writeName("delta").writeStartObject();
                    json.writeStringProperty("content", delta.text());
                    json.writeEndObject();
                    writeLogprobs(json, delta.tokens());
                    if (options().returnIds()) {
                        writeIds(json, "token_ids", delta.tokens());
                    }
                });
            case Finished finished -> {
                count(finished);
                yield lastChunk(finished.choice(), finished, json -> {
                    json.writeName("delta").writeStartObject().writeEndObject();
                    json.writeNullProperty("logprobs");
                });
            }
        };
    }

    @Override
    void writeNothing(JsonGenerator json) {
        json.writeName("delta").writeStartObject();
        json.writeStringProperty("content", "");
        json.writeEndObject();
    }

    /** Before the first words: who speaks, of every choice. */
    private byte[] beginnings(int[] promptIds) {
        byte[] all = NOTHING;
        for (int choice = 0; choice < options().choices(); choice++) {
            all = concat(all, beginning(choice, promptIds));
        }
        return all;
    }

    private byte[] beginning(int choice, int[] promptIds) {
        return chunk(
                choice,
                json -> {
                    json.writeName("delta").writeStartObject();
                    json.writeStringProperty("role", "assistant");
                    json.writeStringProperty("content", "");
                    json.writeNullProperty("refusal");
                    json.writeEndObject();
                    json.writeNullProperty("logprobs");
                },
                json -> {
                    if (options().returnIds()) {
                        writeIds(json, "prompt_token_ids", promptIds);
                    }
                });
    }

    private void writeLogprobs(JsonGenerator json, List<Token> tokens) {
        if (topLogprobs < 0) {
            json.writeNullProperty("logprobs");
            return;
        }
        json.writeName("logprobs").writeStartObject();
        json.writeName("content").writeStartArray();
        for (Token token : tokens) {
            json.writeStartObject();
            writeToken(json, token.text(), token.logprob(), token.bytes());
            json.writeName("top_logprobs").writeStartArray();
            for (Alternative top : token.tops()) {
                json.writeStartObject();
                writeToken(json, top.text(), top.logprob(), top.bytes());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeNullProperty("refusal");
        json.writeEndObject();
    }

    private static void writeToken(JsonGenerator json, String text, float logprob, byte[] bytes) {
        json.writeStringProperty("token", text);
        json.writeName("logprob");
        JsonWriter.logprob(json, logprob);
        json.writeName("bytes");
        if (bytes.length == 0) {
            json.writeNull(); // A control token stands for no bytes.
            return;
        }
        json.writeStartArray();
        for (byte b : bytes) {
            json.writeNumber(b & 0xff);
        }
        json.writeEndArray();
    }
}
