package dev.tramontane.api.openai;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.answer.AnswerStyle;
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

    private final ThoughtShape thoughts;

    private final CallChunks calls;
    private final boolean named;

    /**
     * @param topLogprobs alternatives per token; -1: no log-probabilities wanted
     * @param thoughts where they stand
     * @param form in which the model answers
     * @param named whether the one call was asked for by its name
     */
    ChatFormat(
            AnswerOptions options,
            int topLogprobs,
            ThoughtShape thoughts,
            AnswerStyle form,
            boolean named,
            String model,
            AnswerOrigin origin) {
        super(
                new Head(
                        origin.id("chatcmpl-", options),
                        "chat.completion",
                        model,
                        origin.createdSeconds(),
                        origin.fingerprint()),
                "chat.completion.chunk",
                options);
        this.topLogprobs = topLogprobs;
        this.thoughts = thoughts;
        calls = new CallChunks(form, id());
        this.named = named;
    }

    @Override
    void writeChoice(JsonGenerator json, int index, Answer answer, Answer.Part part) {
        json.writeName("message").writeStartObject();
        json.writeStringProperty("role", "assistant");
        writeContent(json, part);
        calls.whole(json, index, part.calls);
        json.writeNullProperty("refusal");
        json.writeName("annotations").writeStartArray().writeEndArray();
        json.writeEndObject();
        writeLogprobs(json, part.tokens);
        if (options().returnIds()) {
            writeIds(json, "token_ids", part.tokens);
        }
    }

    private void writeContent(JsonGenerator json, Answer.Part part) {
        boolean thinks = !part.thoughts.isEmpty();
        if (thinks && thoughts == ThoughtShape.CHUNKS) {
            ThinkingChunks.write(json, part);
            return;
        }
        if (part.text.isEmpty() && !part.calls.isEmpty()) {
            json.writeNullProperty("content");
        } else {
            json.writeStringProperty("content", part.text.toString());
        }
        if (thinks) {
            json.writeStringProperty("reasoning_content", part.thoughts.toString());
        }
    }

    /** As OpenAI has it: who asked for a call by its name knows of it, and is told that the answer has stopped. */
    @Override
    boolean tellsOfCalls() {
        return !named;
    }

    @Override
    void writeTail(JsonGenerator json, List<Answer> answers) {
        Answer answer = answers.getFirst();
        if (options().returnIds()) {
            JsonWriter.ids(json, "prompt_token_ids", answer.promptIds);
        }
        if (options().promptLogprobs() >= 0) {
            PromptLogprobs.write(json, answer.scored, options().promptLogprobs());
        }
    }

    @Override
    byte[] chunks(int prompt, GenerationEvent event) {
        return switch (event) {
            case Accepted accepted -> beginnings(accepted.promptIds());
            case Scored scored -> NOTHING;
            case Delta delta -> deltas(delta);
            case Finished finished -> {
                count(finished);
                yield lastChunk(finished.choice(), finished, json -> {
                    json.writeName("delta").writeStartObject().writeEndObject();
                    json.writeNullProperty("logprobs");
                });
            }
        };
    }

    /** A chunk for each part; the tokens stand in the first. */
    private byte[] deltas(Delta delta) {
        List<AnswerPart> parts = delta.parts();
        if (parts.isEmpty()) {
            boolean waits =
                    !delta.text().isEmpty() && topLogprobs < 0 && !options().returnIds();
            return waits ? NOTHING : delta(delta.choice(), new AnswerPart.Words(""), delta.tokens());
        }
        byte[] all = NOTHING;
        for (int i = 0; i < parts.size(); i++) {
            List<Token> tokens = i == 0 ? delta.tokens() : List.of();
            all = concat(all, delta(delta.choice(), parts.get(i), tokens));
        }
        return all;
    }

    private byte[] delta(int choice, AnswerPart part, List<Token> tokens) {
        if (part instanceof AnswerPart.CallBegun) {
            called(choice);
        }
        return chunk(choice, json -> {
            json.writeName("delta").writeStartObject();
            writeDelta(json, choice, part);
            json.writeEndObject();
            writeLogprobs(json, tokens);
            if (options().returnIds()) {
                writeIds(json, "token_ids", tokens);
            }
        });
    }

    private void writeDelta(JsonGenerator json, int choice, AnswerPart part) {
        switch (part) {
            case AnswerPart.Words(String text) -> json.writeStringProperty("content", text);
            case AnswerPart.Thought(String text) -> {
                if (thoughts == ThoughtShape.CHUNKS) {
                    ThinkingChunks.write(json, text);
                } else {
                    json.writeStringProperty("reasoning_content", text);
                }
            }
            case AnswerPart.CallBegun begun -> calls.begun(json, choice, begun);
            case AnswerPart.CallText text -> CallChunks.more(json, text);
        }
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
                        JsonWriter.ids(json, "prompt_token_ids", promptIds);
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
