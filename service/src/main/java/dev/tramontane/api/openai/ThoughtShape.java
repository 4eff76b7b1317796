package dev.tramontane.api.openai;

import dev.tramontane.chat.ThoughtPart;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where an answer's thoughts stand. */
enum ThoughtShape {
    /** Beside the content, as {@code reasoning_content}: of DeepSeek's, vLLM's and llama.cpp's APIs. */
    FIELD,
    /** Among the content, as Mistral's API has it: content is a list of chunks where there are thoughts. */
    CHUNKS;

    /** For clients that send no fields of their own, as Mistral's: the same words as the field's. */
    static final String HEADER = "X-Reasoning-Format";

    /** What chunks are called. */
    static final String OF_CHUNKS = "thinking_chunks";

    /** What the field beside the content is called, here, and by llama.cpp. */
    static final List<String> OF_FIELD = List.of("reasoning_content", "deepseek", "auto");

    private static final String NAME = "reasoning_format";

    /**
     * As the client says, or else shows by speaking Mistral's API itself: it asks for {@code prompt_mode}, or sends the assistant's
     * thoughts back in Mistral's shape.
     *
     * @param header its value, or null
     * @throws InvalidJsonException when it says something else
     */
    static ThoughtShape read(JsonFields fields, @Nullable String header) {
        String said = fields.string(NAME);
        String where = said == null ? "the header " + HEADER : NAME;
        String format = said == null ? header : said;
        if (format != null) {
            if (format.equals(OF_CHUNKS)) {
                return CHUNKS;
            }
            if (OF_FIELD.contains(format)) {
                return FIELD;
            }
            throw new InvalidJsonException(
                    NAME,
                    where + " must be " + OF_FIELD.getFirst() + " or " + OF_CHUNKS
                            + "; thoughts are always told apart");
        }
        boolean mistrals = fields.string("prompt_mode") != null
                || (fields.value("messages") instanceof List<?> messages
                        && messages.stream().anyMatch(ThoughtShape::isMistrals));
        return mistrals ? CHUNKS : FIELD;
    }

    /** A thought in parts: mistral-common, and with it vLLM, has it as one text. */
    private static boolean isMistrals(@Nullable Object message) {
        return message instanceof Map<?, ?> fields
                && "assistant".equals(fields.get("role"))
                && fields.get("content") instanceof List<?> parts
                && parts.stream()
                        .anyMatch(part -> part instanceof Map<?, ?> block
                                && ThoughtPart.TYPE.equals(block.get("type"))
                                && block.get(ThoughtPart.TYPE) instanceof List<?>);
    }
}
