package dev.tramontane.api.openai;

import dev.tramontane.answer.AnswerPart.CallBegun;
import tools.jackson.core.JsonGenerator;

/** A tool call of an answer in one piece. Filled by one thread at a time. */
final class CalledTool {
    private final CallBegun begun;
    final StringBuilder arguments = new StringBuilder();

    CalledTool(CallBegun begun) {
        this.begun = begun;
    }

    /** @param id where the model wrote none */
    void write(JsonGenerator json, String id) {
        json.writeStartObject();
        json.writeStringProperty("id", begun.id().isEmpty() ? id : begun.id());
        json.writeStringProperty("type", "function");
        json.writeName("function").writeStartObject();
        json.writeStringProperty("name", begun.name());
        json.writeStringProperty("arguments", arguments.toString());
        json.writeEndObject();
        json.writeEndObject();
    }
}
