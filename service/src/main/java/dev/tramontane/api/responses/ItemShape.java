package dev.tramontane.api.responses;

import tools.jackson.core.JsonGenerator;

/** Items of an input as clients are shown them: {@code openai.types.responses.ResponseItem} 3.57. */
final class ItemShape {
    private ItemShape() {}

    static void write(JsonGenerator json, Item item, String id) {
        switch (item) {
            case Item.Message message -> message(json, message, id);
            case Item.Thought(String text) ->
                new OutputItem(OutputItem.Kind.REASONING, "", "", text).write(json, id, "completed", true);
            case Item.Call(String callId, String name, String arguments, boolean whole) ->
                new OutputItem(OutputItem.Kind.CALL, callId, name, arguments)
                        .write(json, id, whole ? "completed" : "incomplete", true);
            case Item.Output output -> output(json, output, id);
        }
    }

    private static void message(JsonGenerator json, Item.Message item, String id) {
        boolean answer = item.role().equals("assistant");
        json.writeStartObject();
        json.writeStringProperty("id", id);
        json.writeStringProperty("type", "message");
        json.writeStringProperty("status", "completed");
        json.writeStringProperty("role", item.role());
        json.writeName("content");
        texts(json, item.content(), answer);
        json.writeEndObject();
    }

    private static void output(JsonGenerator json, Item.Output item, String id) {
        json.writeStartObject();
        json.writeStringProperty("id", id);
        json.writeStringProperty("type", "function_call_output");
        json.writeStringProperty("status", "completed");
        json.writeStringProperty("call_id", item.callId());
        if (item.content() instanceof String text) {
            json.writeStringProperty("output", text);
        } else {
            json.writeName("output");
            texts(json, item.content(), false);
        }
        json.writeEndObject();
    }

    private static void texts(JsonGenerator json, Object content, boolean answer) {
        json.writeStartArray();
        for (String text : Item.texts(content)) {
            json.writeStartObject();
            json.writeStringProperty("type", answer ? "output_text" : "input_text");
            json.writeStringProperty("text", text);
            if (answer) {
                ResponseObject.emptyArray(json, "annotations");
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
