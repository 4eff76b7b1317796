package dev.tramontane.api.openai;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallRules;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Alternative;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Scored;
import dev.tramontane.generation.GenerationEvent.Token;
import dev.tramontane.json.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/** OpenAI's text_completion objects. Where tools are offered calls and thoughts stand beside the text, as in a chat's messages. */
final class CompletionFormat extends AnswerFormat {
    private static final String OBJECT = "text_completion";
    private static final String THOUGHTS = "reasoning_content";

    private final CompletionRequest request;
    private final CallChunks calls;

    /** Of each prompt that is streamed: what its choices begin with. */
    private final Map<Integer, Answer> beginnings = new HashMap<>();

    /** Indexes of the choices that have begun. */
    private final BitSet begun = new BitSet();

    /** @param style in which the model answers */
    CompletionFormat(CompletionRequest request, AnswerStyle style, String model, AnswerOrigin origin) {
        super(
                new Head(
                        origin.id("cmpl-", request.options()),
                        OBJECT,
                        model,
                        origin.createdSeconds(),
                        origin.fingerprint()),
                OBJECT,
                request.options());
        this.request = request;
        calls = new CallChunks(style, id());
    }

    @Override
    void writeChoice(JsonGenerator json, int index, Answer answer, Answer.Part part) {
        int before = request.echo() ? codePoints(answer.promptText) : 0;
        json.writeStringProperty("text", request.echo() ? answer.promptText + part.text : part.text.toString());
        if (!part.thoughts.isEmpty()) {
            json.writeStringProperty(THOUGHTS, part.thoughts.toString());
        }
        calls.whole(json, index, part.calls);
        writeLogprobs(json, request.echo() ? answer.scored : List.of(), part.tokens, before);
        if (options().returnIds()) {
            writeIds(json, "token_ids", part.tokens);
            JsonWriter.ids(json, "prompt_token_ids", answer.promptIds);
        }
        if (options().promptLogprobs() >= 0) {
            PromptLogprobs.write(json, answer.scored, options().promptLogprobs());
        }
    }

    /** As in a chat. */
    @Override
    boolean tellsOfCalls() {
        return request.calls().need() != CallRules.Need.NAMED;
    }

    @Override
    void writeTail(JsonGenerator json, List<Answer> answers) {}

    @Override
    boolean repeatsPrompt() {
        return request.echo();
    }

    @Override
    byte[] chunks(int prompt, GenerationEvent event) {
        int first = prompt * options().choices();
        return switch (event) {
            case Accepted accepted -> {
                beginning(prompt).add(accepted);
                yield NOTHING;
            }
            case Scored scored -> {
                beginning(prompt).add(scored);
                yield NOTHING;
            }
            case Delta delta -> concat(begin(prompt, delta.choice()), deltas(prompt, first + delta.choice(), delta));
            case Finished finished -> {
                count(finished);
                yield concat(begin(prompt, finished.choice()), lastChunk(first + finished.choice(), finished, json -> {
                    json.writeStringProperty("text", "");
                    json.writeNullProperty("logprobs");
                }));
            }
        };
    }

    /** A chunk for each part; the tokens stand in the first. */
    private byte[] deltas(int prompt, int index, Delta delta) {
        List<AnswerPart> parts = delta.parts();
        if (parts.isEmpty()) {
            boolean waits = !delta.text().isEmpty()
                    && request.logprobs() < 0
                    && !options().returnIds();
            return waits ? NOTHING : delta(prompt, index, new AnswerPart.Words(""), delta.tokens());
        }
        byte[] all = NOTHING;
        for (int i = 0; i < parts.size(); i++) {
            all = concat(all, delta(prompt, index, parts.get(i), i == 0 ? delta.tokens() : List.of()));
        }
        return all;
    }

    private byte[] delta(int prompt, int index, AnswerPart part, List<Token> tokens) {
        if (part instanceof AnswerPart.CallBegun) {
            called(index);
        }
        return chunk(index, json -> {
            json.writeStringProperty("text", part instanceof AnswerPart.Words(String text) ? text : "");
            switch (part) {
                case AnswerPart.Words words -> {}
                case AnswerPart.Thought(String text) -> json.writeStringProperty(THOUGHTS, text);
                case AnswerPart.CallBegun call -> calls.begun(json, index, call);
                case AnswerPart.CallText text -> CallChunks.more(json, text);
            }
            writeLogprobs(json, List.of(), tokens, before(prompt));
            if (options().returnIds()) {
                writeIds(json, "token_ids", tokens);
            }
        });
    }

    @Override
    void writeNothing(JsonGenerator json) {
        json.writeStringProperty("text", "");
    }

    private Answer beginning(int prompt) {
        return beginnings.computeIfAbsent(prompt, key -> new Answer(0));
    }

    private int before(int prompt) {
        return request.echo() ? codePoints(beginning(prompt).promptText) : 0;
    }

    /** Offsets count these and not Java's units, since clients slice the text by them. */
    private static int codePoints(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Before a choice's first chunk: the prompt that is echoed, or its ids. */
    private byte[] begin(int prompt, int choice) {
        int index = prompt * options().choices() + choice;
        if (begun.get(index) || !(request.echo() || options().returnIds())) {
            return NOTHING;
        }
        begun.set(index);
        Answer beginning = beginning(prompt);
        return chunk(index, json -> {
            json.writeStringProperty("text", request.echo() ? beginning.promptText : "");
            writeLogprobs(json, request.echo() ? beginning.scored : List.of(), List.of(), 0);
            if (options().returnIds()) {
                JsonWriter.ids(json, "prompt_token_ids", beginning.promptIds);
                writeIds(json, "token_ids", List.of());
            }
        });
    }

    /** @param before code points of the text before the answer's own */
    private void writeLogprobs(JsonGenerator json, List<Token> prompt, List<Token> answer, int before) {
        if (request.logprobs() < 0) {
            json.writeNullProperty("logprobs");
            return;
        }
        json.writeName("logprobs").writeStartObject();
        json.writeName("text_offset").writeStartArray();
        prompt.forEach(token -> json.writeNumber(token.start()));
        answer.forEach(token -> json.writeNumber(before + token.start()));
        json.writeEndArray();
        json.writeName("token_logprobs").writeStartArray();
        prompt.forEach(token -> JsonWriter.logprob(json, token.logprob()));
        answer.forEach(token -> JsonWriter.logprob(json, token.logprob()));
        json.writeEndArray();
        json.writeName("tokens").writeStartArray();
        prompt.forEach(token -> json.writeString(spelling(token.text(), token.bytes())));
        answer.forEach(token -> json.writeString(spelling(token.text(), token.bytes())));
        json.writeEndArray();
        json.writeName("top_logprobs").writeStartArray();
        prompt.forEach(token -> writeTops(json, token));
        answer.forEach(token -> writeTops(json, token));
        json.writeEndArray();
        json.writeEndObject();
    }

    /** A map from texts to log-probabilities that always holds the token itself. */
    private void writeTops(JsonGenerator json, Token token) {
        if (Float.isNaN(token.logprob())) {
            json.writeNull();
            return;
        }
        Map<String, Float> tops = new LinkedHashMap<>();
        for (Alternative top : token.tops()) {
            if (tops.size() < request.logprobs()) {
                tops.putIfAbsent(spelling(top.text(), top.bytes()), top.logprob());
            }
        }
        tops.put(spelling(token.text(), token.bytes()), token.logprob());
        json.writeStartObject();
        tops.forEach((text, logprob) -> {
            json.writeName(text);
            JsonWriter.logprob(json, logprob);
        });
        json.writeEndObject();
    }

    /**
     * This endpoint marks tokens that are no text, so that none can be taken for another: those whose text, if it were
     * theirs, would have other bytes. They may begin with whole characters, such as a blank.
     */
    private static String spelling(String text, byte[] bytes) {
        boolean control = bytes.length == 0;
        return control || Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes) ? text : "bytes:" + text;
    }
}
