package dev.tramontane.api.openai;

import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** Contents in Mistral's shape: chunks of thoughts and of text, in their order. */
final class ThinkingChunks {
    private ThinkingChunks() {}

    /** The content of a whole answer. */
    static void write(JsonGenerator json, Answer.Part part) {
        json.writeName("content").writeStartArray();
        int words = 0;
        int thoughts = 0;
        for (int i = 0; i < part.runs.size(); i++) {
            Answer.Run run = part.runs.get(i);
            if (run.thought()) {
                boolean last = i == part.runs.size() - 1 && part.calls.isEmpty();
                startThought(json, part.thoughts.substring(thoughts, run.end()));
                // One that a limit cut can be sent back, to go on.
                json.writeBooleanProperty("closed", !(last && isCut(part.finished)));
                json.writeEndObject();
                thoughts = run.end();
            } else {
                writeText(json, part.text.substring(words, run.end()));
                words = run.end();
            }
        }
        json.writeEndArray();
    }

    private static boolean isCut(@Nullable Finished finished) {
        return finished != null && finished.reason() != Reason.STOP;
    }

    /** The content of a delta that goes on with a thought; whether it is over, what follows tells. */
    static void write(JsonGenerator json, String thought) {
        json.writeName("content").writeStartArray();
        startThought(json, thought);
        json.writeEndObject();
        json.writeEndArray();
    }

    private static void startThought(JsonGenerator json, String thought) {
        json.writeStartObject();
        json.writeStringProperty("type", "thinking");
        json.writeName("thinking").writeStartArray();
        writeText(json, thought);
        json.writeEndArray();
    }

    private static void writeText(JsonGenerator json, String text) {
        json.writeStartObject();
        json.writeStringProperty("type", "text");
        json.writeStringProperty("text", text);
        json.writeEndObject();
    }
}
