package dev.tramontane.api.tgi;

import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.openai.Answer;
import dev.tramontane.api.openai.AnswerWriter;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Scored;
import dev.tramontane.generation.GenerationEvent.Token;
import dev.tramontane.json.JsonWriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * The objects of one text. An event is a token, and the last token's event has the whole text: so each token waits for what follows it.
 */
final class TextWriter implements AnswerWriter {
    private static final byte[] NOTHING = {};
    private static final byte[] DATA = "data:".getBytes(StandardCharsets.UTF_8);
    private static final byte[] END = "\n\n".getBytes(StandardCharsets.UTF_8);

    /** A comment, as the original server sends: its clients look for lines of data. */
    private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.UTF_8);

    private final TextRequest request;
    private final boolean listed;
    private final TextObjects objects;
    private final StringBuilder text = new StringBuilder();
    private @Nullable TokenShare waiting;
    private int characters;
    private int index;
    private int promptTokens;

    /** @param listed whether a text in one piece stands in a list */
    TextWriter(TextRequest request, boolean listed) {
        this.request = request;
        this.listed = listed;
        objects = new TextObjects(request.told());
    }

    @Override
    public byte[] event(int prompt, GenerationEvent event) {
        return switch (event) {
            case Accepted accepted -> {
                promptTokens = accepted.promptIds().length;
                yield NOTHING;
            }
            case Scored scored -> NOTHING;
            case Delta delta -> delta(delta);
            case Finished finished -> last(finished);
        };
    }

    /** The last event has the whole text. */
    @Override
    public long keeps(GenerationEvent event) {
        return event instanceof Delta delta ? RequestMemory.ofText(delta.text().length()) : 0;
    }

    @Override
    public byte[] last() {
        return NOTHING;
    }

    @Override
    public byte[] keepAlive() {
        return COMMENT;
    }

    private byte[] delta(Delta delta) {
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        List<TokenShare> shares = TokenShare.of(delta.tokens(), delta.text(), characters);
        characters += delta.text().codePointCount(0, delta.text().length());
        text.append(delta.text());
        TokenShare before = waiting;
        if (shares.isEmpty()) {
            waiting = before == null ? new TokenShare(null, delta.text()) : before.with(delta.text());
            return NOTHING;
        }
        for (TokenShare share : shares) {
            if (before != null) {
                frames.writeBytes(event(before, null));
            }
            before = share;
        }
        waiting = before;
        return frames.toByteArray();
    }

    private byte[] last(Finished finished) {
        TokenShare share = waiting;
        waiting = null;
        return event(share == null ? new TokenShare(null, "") : share, finished);
    }

    /** @param finished null where more tokens follow */
    private byte[] event(TokenShare share, @Nullable Finished finished) {
        index++;
        return JsonWriter.framed(
                DATA,
                json -> {
                    json.writeStartObject();
                    json.writeNumberProperty("index", index);
                    json.writeName("token");
                    objects.token(json, share);
                    Token token = share.token();
                    if (request.told().tops() > 0 && token != null) {
                        json.writeName("top_tokens");
                        objects.tops(json, token);
                    }
                    if (finished == null) {
                        json.writeNullProperty("generated_text");
                        json.writeNullProperty("details");
                    } else {
                        json.writeStringProperty("generated_text", request.text() + text);
                        objects.streamDetails(json, finished, promptTokens);
                    }
                    json.writeEndObject();
                },
                END);
    }

    @Override
    public byte[] whole(List<Answer> answers) {
        Answer answer = answers.getFirst();
        int best = TextObjects.best(answer.parts());
        return JsonWriter.bytes(json -> {
            if (listed) {
                json.writeStartArray();
            }
            json.writeStartObject();
            text(json, answer.parts().get(best));
            if (request.told().details()) {
                json.writeName("details").writeStartObject();
                objects.details(json, answer, best);
                if (answer.parts().size() > 1) {
                    others(json, answer, best);
                }
                json.writeEndObject();
            }
            json.writeEndObject();
            if (listed) {
                json.writeEndArray();
            }
        });
    }

    private void text(JsonGenerator json, Answer.Part part) {
        json.writeStringProperty("generated_text", request.text() + part.text());
    }

    private void others(JsonGenerator json, Answer answer, int best) {
        json.writeName("best_of_sequences").writeStartArray();
        for (int i = 0; i < answer.parts().size(); i++) {
            if (i != best) {
                json.writeStartObject();
                text(json, answer.parts().get(i));
                objects.details(json, answer, i);
                json.writeEndObject();
            }
        }
        json.writeEndArray();
    }
}
