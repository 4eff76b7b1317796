package dev.tramontane.api.tgi;

import dev.tramontane.api.openai.Answer;
import dev.tramontane.generation.GenerationEvent.Alternative;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import dev.tramontane.generation.GenerationEvent.Token;
import dev.tramontane.json.JsonWriter;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/** What is told of tokens and ends. */
record TextObjects(TextRequest.Told told) {

    void token(JsonGenerator json, TokenShare share) {
        Token token = share.token();
        if (token == null) { // A text without a token: it has an event all the same.
            object(json, 0, share.text(), Float.NaN, share.text().isEmpty());
        } else {
            object(json, token.id(), share.text(), token.logprob(), token.bytes().length == 0);
        }
    }

    void tops(JsonGenerator json, Token token) {
        json.writeStartArray();
        for (Alternative top : token.tops()) {
            object(json, top.id(), top.text(), top.logprob(), top.bytes().length == 0);
        }
        json.writeEndArray();
    }

    private static void object(JsonGenerator json, int id, String text, float logprob, boolean special) {
        json.writeStartObject();
        json.writeNumberProperty("id", id);
        json.writeStringProperty("text", text);
        json.writeName("logprob");
        JsonWriter.logprob(json, logprob);
        json.writeBooleanProperty("special", special);
        json.writeEndObject();
    }

    void streamDetails(JsonGenerator json, Finished finished, int promptTokens) {
        json.writeName("details").writeStartObject();
        end(json, finished);
        json.writeNumberProperty("input_length", promptTokens);
        json.writeEndObject();
    }

    /** Members of the details of one of an answer's choices. */
    void details(JsonGenerator json, Answer answer, int choice) {
        Answer.Part part = answer.parts().get(choice);
        end(json, part.finished());
        json.writeName("prefill").writeStartArray();
        for (Token token : answer.scored()) {
            json.writeStartObject();
            json.writeNumberProperty("id", token.id());
            json.writeStringProperty("text", token.text());
            json.writeName("logprob");
            JsonWriter.logprob(json, token.logprob());
            json.writeEndObject();
        }
        json.writeEndArray();
        List<Token> tokens = part.tokens();
        json.writeName("tokens").writeStartArray();
        TokenShare.of(tokens, part.text(), 0).forEach(share -> token(json, share));
        json.writeEndArray();
        if (told.tops() > 0) {
            json.writeName("top_tokens").writeStartArray();
            tokens.forEach(token -> tops(json, token));
            json.writeEndArray();
        }
    }

    private void end(JsonGenerator json, Finished finished) {
        json.writeStringProperty("finish_reason", reason(finished));
        json.writeNumberProperty("generated_tokens", finished.usage().completionTokens());
        json.writeName("seed");
        if (told.seed().isPresent()) {
            json.writeNumber(told.seed().getAsLong() + finished.choice()); // A choice's own.
        } else {
            json.writeNull();
        }
    }

    private static String reason(Finished finished) {
        if (finished.reason() != Reason.STOP) {
            return "length";
        }
        return finished.stopString().isEmpty() ? "eos_token" : "stop_sequence";
    }

    /** The choice whose tokens were likeliest on average. */
    static int best(List<Answer.Part> parts) {
        int best = 0;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < parts.size(); i++) {
            double mean = parts.get(i).tokens().stream()
                    .mapToDouble(Token::logprob)
                    .average()
                    .orElse(Double.NEGATIVE_INFINITY);
            if (mean > most) {
                most = mean;
                best = i;
            }
        }
        return best;
    }
}
