package dev.tramontane.api.openai;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.answer.AnswerStyle;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/**
 * The {@code tool_calls} of one answer's objects.
 *
 * @param form in which the model answers, which makes ids where it writes none
 * @param answer the answer's id
 */
record CallChunks(AnswerStyle form, String answer) {

    /** All of a choice, where it has any. */
    void whole(JsonGenerator json, int choice, List<CalledTool> calls) {
        if (calls.isEmpty()) {
            return;
        }
        json.writeName("tool_calls").writeStartArray();
        for (int i = 0; i < calls.size(); i++) {
            calls.get(i).write(json, form.callId(answer, choice, i));
        }
        json.writeEndArray();
    }

    /** What a chunk tells of a call that begins. */
    void begun(JsonGenerator json, int choice, AnswerPart.CallBegun call) {
        start(json, call.index());
        json.writeStringProperty("id", call.id().isEmpty() ? form.callId(answer, choice, call.index()) : call.id());
        json.writeStringProperty("type", "function");
        json.writeName("function").writeStartObject();
        json.writeStringProperty("name", call.name());
        json.writeStringProperty("arguments", "");
        end(json);
    }

    /** More of its arguments. */
    static void more(JsonGenerator json, AnswerPart.CallText text) {
        start(json, text.index());
        json.writeName("function").writeStartObject();
        json.writeStringProperty("arguments", text.text());
        end(json);
    }

    private static void start(JsonGenerator json, int index) {
        json.writeName("tool_calls").writeStartArray().writeStartObject();
        json.writeNumberProperty("index", index);
    }

    /** The function, the call and the array. */
    private static void end(JsonGenerator json) {
        json.writeEndObject().writeEndObject().writeEndArray();
    }
}
