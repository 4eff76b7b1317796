package dev.tramontane.api.responses;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a response's {@code instructions} and {@code input} into the messages that a chat layout lays out. */
final class InputItems {
    private InputItems() {}

    /**
     * @param instructions put before the conversation; joined with a system message that opens it, since many templates
     *     take one at most
     * @param fields with an input: a text, or items of type message
     * @param most items
     */
    static List<Map<String, @Nullable Object>> messages(@Nullable String instructions, JsonFields fields, int most) {
        Object input = fields.value("input");
        List<Map<String, @Nullable Object>> messages = new ArrayList<>();
        if (input instanceof String text) {
            messages.add(message("user", text));
        } else if (input == null) {
            throw new InvalidJsonException("input", "input is missing");
        } else {
            List<@Nullable Object> items = JsonFields.array(input, "input");
            if (items.isEmpty() || items.size() > most) {
                throw new InvalidJsonException(
                        "input", "input must hold between 1 and " + most + " items, got " + items.size());
            }
            for (int i = 0; i < items.size(); i++) {
                messages.add(item(fields.inner(items.get(i), "input[" + i + "]")));
            }
        }
        if (instructions != null) {
            Map<String, @Nullable Object> first = messages.getFirst();
            if ("system".equals(first.get("role"))) {
                first.put("content", before(instructions + "\n\n", first.get("content")));
            } else {
                messages.addFirst(message("system", instructions));
            }
        }
        return messages;
    }

    private static Map<String, @Nullable Object> item(JsonFields item) {
        item.only("type", "message");
        String given = item.requiredString("role");
        String role = switch (given) {
            case "user", "assistant", "system" -> given;
            case "developer" -> "system";
            default -> throw item.wrong("role", "user, assistant, system or developer", given);
        };
        Map<String, @Nullable Object> message = message(role, content(item));
        // An answer that is sent back as it came has these too.
        item.harmless("id", "status", "phase");
        message.putAll(item.rest());
        return message;
    }

    /** One text, or several parts: what stands between them is the layout's to say, as in chat completions. */
    private static Object content(JsonFields item) {
        Object content = item.value("content");
        if (content instanceof String text) {
            return text;
        }
        String path = item.path("content");
        List<Map<String, @Nullable Object>> texts = new ArrayList<>();
        List<@Nullable Object> parts = JsonFields.array(content, path);
        for (int i = 0; i < parts.size(); i++) {
            JsonFields part = item.inner(parts.get(i), path + "[" + i + "]");
            String type = part.requiredString("type");
            if (!type.equals("input_text") && !type.equals("output_text")) {
                throw part.wrong("type", "input_text or output_text", type);
            }
            Map<String, @Nullable Object> text = part(part.requiredString("text"));
            part.harmless("annotations", "logprobs");
            text.putAll(part.rest());
            texts.add(text);
        }
        return texts.isEmpty() ? "" : texts;
    }

    private static Map<String, @Nullable Object> part(String text) {
        Map<String, @Nullable Object> part = new LinkedHashMap<>();
        part.put("type", "text");
        part.put("text", text);
        return part;
    }

    /** The content with these words at its beginning. */
    private static Object before(String words, @Nullable Object content) {
        if (!(content instanceof List<?> parts)) {
            return words + content;
        }
        List<Object> all = new ArrayList<>(parts);
        Map<Object, @Nullable Object> opening = new LinkedHashMap<>((Map<?, ?>) parts.getFirst());
        opening.put("text", words + opening.get("text"));
        all.set(0, opening);
        return all;
    }

    private static Map<String, @Nullable Object> message(String role, Object content) {
        Map<String, @Nullable Object> message = new LinkedHashMap<>();
        message.put("role", role);
        message.put("content", content);
        return message;
    }
}
