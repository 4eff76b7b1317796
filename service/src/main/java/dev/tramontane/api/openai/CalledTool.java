package dev.tramontane.api.openai;

import dev.tramontane.answer.AnswerPart.CallBegun;
import dev.tramontane.answer.AnswerPart.CallText;
import tools.jackson.core.JsonGenerator;

/** A tool call of an answer in one piece. Filled by one thread at a time. */
public final class CalledTool {
    private final CallBegun begun;
    private final int wordsBefore;
    final StringBuilder arguments = new StringBuilder();

    /** @param wordsBefore characters of the answer's words before it */
    public CalledTool(CallBegun begun, int wordsBefore) {
        this.begun = begun;
        this.wordsBefore = wordsBefore;
    }

    /** Characters of the answer's words before it. */
    public int wordsBefore() {
        return wordsBefore;
    }

    /** More of its arguments. */
    public void add(CallText text) {
        arguments.append(text.text());
    }

    /** The tool's name. */
    public String name() {
        return begun.name();
    }

    /** The call's id as the model wrote it, or empty. */
    public String id() {
        return begun.id();
    }

    /** Its arguments as the model wrote them: JSON, as far as it writes any. */
    public String arguments() {
        return arguments.toString();
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
