package dev.tramontane.api.ollama;

import dev.tramontane.generation.GenerationEvent.Alternative;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import dev.tramontane.generation.GenerationEvent.Token;
import dev.tramontane.json.JsonWriter;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * The objects that answers consist of.
 *
 * @param model as it was asked for
 * @param chat whether an answer is a message
 * @param logprobs whether tokens are told
 */
record AnswerObjects(String model, boolean chat, boolean logprobs, InstantSource clock) {
    private static final byte[] NOTHING = {};

    /**
     * One object.
     *
     * @param finished null where more follows
     * @param after what follows it
     */
    byte[] framed(Piece piece, @Nullable Finished finished, AnswerTimes times, byte[] after) {
        return JsonWriter.framed(
                NOTHING,
                json -> {
                    head(json);
                    content(json, piece);
                    json.writeBooleanProperty("done", finished != null);
                    if (finished != null) {
                        end(json, finished, times.told());
                    }
                    if (logprobs && !piece.tokens().isEmpty()) {
                        scores(json, piece.tokens());
                    }
                    json.writeEndObject();
                },
                after);
    }

    /** Whether there is anything in it to be told. */
    boolean tells(Piece piece) {
        return !piece.isEmpty() || (logprobs && !piece.tokens().isEmpty());
    }

    /** The answer to a request that asks for nothing but that the model is there. */
    byte[] loaded() {
        return nothing("load");
    }

    /** The answer to one that asks for nothing but that it goes. */
    byte[] unloaded() {
        return nothing("unload");
    }

    private byte[] nothing(String reason) {
        return JsonWriter.bytes(json -> {
            head(json);
            content(json, Piece.NOTHING);
            json.writeBooleanProperty("done", true);
            json.writeStringProperty("done_reason", reason);
            json.writeEndObject();
        });
    }

    private void head(JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("model", model);
        json.writeStringProperty("created_at", clock.instant().toString());
    }

    private void content(JsonGenerator json, Piece piece) {
        if (!chat) {
            json.writeStringProperty("response", piece.words());
            thoughts(json, piece);
            return;
        }
        json.writeName("message").writeStartObject();
        json.writeStringProperty("role", "assistant");
        json.writeStringProperty("content", piece.words());
        thoughts(json, piece);
        if (!piece.calls().isEmpty()) {
            json.writeName("tool_calls").writeStartArray();
            piece.calls().forEach(call -> call.write(json));
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static void thoughts(JsonGenerator json, Piece piece) {
        if (!piece.thoughts().isEmpty()) {
            json.writeStringProperty("thinking", piece.thoughts());
        }
    }

    private static void end(JsonGenerator json, Finished finished, AnswerTimes.Told told) {
        json.writeStringProperty("done_reason", finished.reason() == Reason.STOP ? "stop" : "length");
        json.writeNumberProperty("total_duration", told.total());
        json.writeNumberProperty("load_duration", 0); // It was loaded before anybody could ask.
        json.writeNumberProperty("prompt_eval_count", finished.usage().promptTokens());
        json.writeNumberProperty("prompt_eval_duration", told.prompt());
        json.writeNumberProperty("eval_count", finished.usage().completionTokens());
        json.writeNumberProperty("eval_duration", told.answer());
    }

    private static void scores(JsonGenerator json, List<Token> tokens) {
        json.writeName("logprobs").writeStartArray();
        for (Token token : tokens) {
            json.writeStartObject();
            score(json, token.text(), token.bytes(), token.logprob());
            if (!token.tops().isEmpty()) {
                json.writeName("top_logprobs").writeStartArray();
                for (Alternative top : token.tops()) {
                    json.writeStartObject();
                    score(json, top.text(), top.bytes(), top.logprob());
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void score(JsonGenerator json, String text, byte[] bytes, float logprob) {
        json.writeStringProperty("token", text);
        json.writeName("logprob");
        JsonWriter.logprob(json, logprob);
        json.writeName("bytes").writeStartArray();
        for (byte each : bytes) {
            json.writeNumber(each & 0xff);
        }
        json.writeEndArray();
    }
}
