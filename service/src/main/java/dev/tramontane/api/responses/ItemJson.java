package dev.tramontane.api.responses;

import dev.tramontane.api.responses.OutputItem.Kind;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** What was said, as a response's file has it. What is read is foreign: each field is checked, and refused by name. */
final class ItemJson {
    private static final Set<String> ROLES = Set.of("user", "assistant", "system", "developer");

    private ItemJson() {}

    // ---- items of a request

    static void write(JsonGenerator json, Item item) {
        json.writeStartObject();
        switch (item) {
            case Item.Message(String role, Object content, Map<String, @Nullable Object> more) -> {
                json.writeStringProperty("role", role);
                content(json, content, more);
            }
            case Item.Thought(String text) -> json.writeStringProperty("thought", text);
            case Item.Call(String id, String name, String arguments, boolean whole) -> {
                json.writeStringProperty("call", id);
                json.writeStringProperty("name", name);
                json.writeStringProperty("arguments", arguments);
                json.writeBooleanProperty("whole", whole);
            }
            case Item.Output(String callId, Object content, Map<String, @Nullable Object> more) -> {
                json.writeStringProperty("output_of", callId);
                content(json, content, more);
            }
        }
        json.writeEndObject();
    }

    private static void content(JsonGenerator json, Object content, Map<String, @Nullable Object> more) {
        json.writeName("content");
        JsonWriter.tree(json, content);
        json.writeName("more");
        JsonWriter.tree(json, more);
    }

    static Item read(JsonFields fields) {
        Item item;
        if (fields.has("thought")) {
            item = new Item.Thought(fields.requiredString("thought"));
        } else if (fields.has("call")) {
            item = new Item.Call(
                    fields.requiredString("call"),
                    fields.requiredString("name"),
                    fields.requiredString("arguments"),
                    fields.flag("whole", true));
        } else if (fields.has("output_of")) {
            item = new Item.Output(
                    fields.requiredString("output_of"),
                    content(fields),
                    fields.requiredObject("more").rest());
        } else {
            item = new Item.Message(
                    role(fields), content(fields), fields.requiredObject("more").rest());
        }
        fields.end();
        return item;
    }

    // ---- items of an answer

    static void write(JsonGenerator json, OutputItem item) {
        json.writeStartObject();
        json.writeStringProperty("kind", item.kind().type());
        json.writeStringProperty("call", item.callId());
        json.writeStringProperty("name", item.name());
        json.writeStringProperty("text", item.text());
        json.writeEndObject();
    }

    static OutputItem readOutput(JsonFields fields) {
        String type = fields.requiredString("kind");
        Kind kind = Arrays.stream(Kind.values())
                .filter(each -> each.type().equals(type))
                .findFirst()
                .orElseThrow(() -> fields.wrong("kind", "message, reasoning or function_call", type));
        OutputItem item = new OutputItem(
                kind, fields.requiredString("call"), fields.requiredString("name"), fields.requiredString("text"));
        fields.end();
        return item;
    }

    // ---- messages before

    /**
     * A message as layouts take it.
     *
     * @param given as the file has it
     * @throws InvalidJsonException where a layout could not read it
     */
    static Map<String, @Nullable Object> readMessage(@Nullable Object given, String path) {
        Map<String, @Nullable Object> message = JsonFields.object(given, path);
        JsonFields fields = new JsonFields(message, path);
        if ("tool".equals(fields.value("role"))) {
            fields.requiredString("tool_call_id");
            content(fields);
        } else {
            boolean assistant = role(fields).equals("assistant");
            List<@Nullable Object> calls = assistant ? fields.array("tool_calls") : null;
            if (calls == null || fields.has("content")) {
                content(fields);
            }
            for (int i = 0; calls != null && i < calls.size(); i++) {
                JsonFields call = fields.inner(calls.get(i), fields.path("tool_calls") + "[" + i + "]");
                call.requiredString("id");
                JsonFields function = call.requiredObject("function");
                function.requiredString("name");
                function.requiredString("arguments");
            }
            if (assistant) {
                fields.string("reasoning_content");
            }
        }
        return message;
    }

    private static String role(JsonFields fields) {
        String role = fields.requiredString("role");
        if (!ROLES.contains(role)) {
            throw fields.wrong("role", "user, assistant, system or developer", role);
        }
        return role;
    }

    private static Object content(JsonFields fields) {
        Object content = fields.value("content");
        if (content instanceof String) {
            return content;
        }
        List<@Nullable Object> parts = fields.requiredArray("content");
        for (int i = 0; i < parts.size(); i++) {
            String path = fields.path("content") + "[" + i + "]";
            JsonFields.string(JsonFields.object(parts.get(i), path).get("text"), path + ".text");
        }
        if (parts.isEmpty()) {
            throw JsonFields.wrongAt(fields.path("content"), "a text, or a part at least", parts);
        }
        return new ArrayList<>(parts);
    }
}
