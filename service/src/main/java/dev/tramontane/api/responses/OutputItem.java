package dev.tramontane.api.responses;

import tools.jackson.core.JsonGenerator;

/**
 * An item of an answer, as far as it has come: {@code openai.types.responses.ResponseOutputItem} 3.57.
 *
 * @param callId, name of a call; empty for others
 * @param text of the message or thought, or the call's arguments
 */
record OutputItem(Kind kind, String callId, String name, String text) {

    /** What it is. */
    enum Kind {
        REASONING("rs_", "reasoning"),
        MESSAGE("msg_", "message"),
        CALL("fc_", "function_call");

        private final String prefix;
        private final String type;

        Kind(String prefix, String type) {
            this.prefix = prefix;
            this.type = type;
        }

        String type() {
            return type;
        }

        /**
         * The id of the item that stands there in an answer.
         *
         * @param bareId the response's id without a prefix
         */
        String id(String bareId, int index) {
            return prefix + bareId + (index == 0 ? "" : "_" + index);
        }
    }

    static OutputItem message(String text) {
        return new OutputItem(Kind.MESSAGE, "", "", text);
    }

    /**
     * @param status of {@code openai.types.responses.ResponseStatus}
     * @param begun whether its content has begun, too
     */
    void write(JsonGenerator json, String id, String status, boolean begun) {
        json.writeStartObject();
        json.writeStringProperty("id", id);
        json.writeStringProperty("type", kind.type);
        json.writeStringProperty("status", status);
        switch (kind) {
            case REASONING -> {
                ResponseObject.emptyArray(json, "summary");
                content(json, begun);
            }
            case MESSAGE -> {
                json.writeStringProperty("role", "assistant");
                content(json, begun);
            }
            case CALL -> {
                json.writeStringProperty("call_id", callId);
                json.writeStringProperty("name", name);
                json.writeStringProperty("arguments", text);
            }
        }
        json.writeEndObject();
    }

    private void content(JsonGenerator json, boolean begun) {
        json.writeName("content").writeStartArray();
        if (begun) {
            part(json);
        }
        json.writeEndArray();
    }

    /** The one part of its content. */
    void part(JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("type", kind == Kind.REASONING ? "reasoning_text" : "output_text");
        json.writeStringProperty("text", text);
        if (kind == Kind.MESSAGE) {
            ResponseObject.emptyArray(json, "annotations");
            ResponseObject.emptyArray(json, "logprobs");
        }
        json.writeEndObject();
    }

    /**
     * As something that was said.
     *
     * @param whole whether a call can be answered
     */
    Item said(boolean whole) {
        return switch (kind) {
            case REASONING -> new Item.Thought(text);
            case MESSAGE -> Item.assistant(text);
            case CALL -> new Item.Call(callId, name, text, whole);
        };
    }
}
