package dev.tramontane.api.openai;

import dev.tramontane.generation.GenerationEvent.Alternative;
import dev.tramontane.generation.GenerationEvent.Token;
import dev.tramontane.json.JsonWriter;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/** vLLM's {@code prompt_logprobs}: for each token null, or a map from ids to log-probability, rank and text. */
final class PromptLogprobs {
    private PromptLogprobs() {}

    /** @param most alternatives of a token, beside itself */
    static void write(JsonGenerator json, List<Token> scored, int most) {
        json.writeName("prompt_logprobs").writeStartArray();
        for (Token token : scored) {
            if (Float.isNaN(token.logprob())) {
                json.writeNull();
            } else {
                write(json, token, most);
            }
        }
        json.writeEndArray();
    }

    private static void write(JsonGenerator json, Token token, int most) {
        json.writeStartObject();
        int rank = 0;
        for (int i = 0; i < token.tops().size(); i++) {
            if (token.tops().get(i).id() == token.id()) {
                rank = i + 1;
            }
        }
        write(json, token.id(), token.logprob(), rank, token.text());
        for (int i = 0; i < Math.min(most, token.tops().size()); i++) {
            Alternative top = token.tops().get(i);
            if (top.id() != token.id()) {
                write(json, top.id(), top.logprob(), i + 1, top.text());
            }
        }
        json.writeEndObject();
    }

    /** @param rank 1 for the likeliest; 0 when it is not among the alternatives reported */
    private static void write(JsonGenerator json, int id, float logprob, int rank, String text) {
        json.writeName(Integer.toString(id)).writeStartObject();
        json.writeName("logprob");
        JsonWriter.logprob(json, logprob);
        json.writeName("rank");
        if (rank == 0) {
            json.writeNull();
        } else {
            json.writeNumber(rank);
        }
        json.writeStringProperty("decoded_token", text);
        json.writeEndObject();
    }
}
