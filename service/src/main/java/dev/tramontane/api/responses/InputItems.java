package dev.tramontane.api.responses;

import dev.tramontane.api.openai.ToolFields;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a response's {@code input}, and joins it with what was said before to the messages that a chat layout lays out. */
final class InputItems {
    private InputItems() {}

    /**
     * The items of an input.
     *
     * @param fields with an input: a text, or items, or references to such
     * @param most items
     * @param history where references lead
     */
    static List<Item> read(JsonFields fields, int most, History history) {
        Object input = fields.value("input");
        if (input instanceof String text) {
            return List.of(Item.user(text));
        }
        if (input == null) {
            throw new InvalidJsonException("input", "input is missing");
        }
        List<@Nullable Object> given = JsonFields.array(input, "input");
        if (given.isEmpty() || given.size() > most) {
            throw new InvalidJsonException(
                    "input", "input must hold between 1 and " + most + " items, got " + given.size());
        }
        List<Item> items = new ArrayList<>(given.size());
        for (int i = 0; i < given.size(); i++) {
            items.add(item(fields.inner(given.get(i), "input[" + i + "]"), history));
        }
        return List.copyOf(items);
    }

    /**
     * A conversation.
     *
     * @param instructions put before it; joined with a system message that opens it, since many templates take one at most
     * @param before what was said before the items
     * @throws InvalidJsonException where an output has no call, or a call no output
     */
    static List<Map<String, @Nullable Object>> messages(@Nullable String instructions, Past before, List<Item> items) {
        List<Map<String, @Nullable Object>> messages = Dialogue.joined(before, items);
        if (messages.isEmpty()) {
            throw new InvalidJsonException("input", "input has nothing that could be answered");
        }
        if (instructions != null) {
            Map<String, @Nullable Object> first = messages.getFirst();
            if ("system".equals(first.get("role"))) {
                Map<String, @Nullable Object> joined = new LinkedHashMap<>(first); // The other is history's.
                joined.put("content", before(instructions + "\n\n", first.get("content")));
                messages.set(0, joined);
            } else {
                messages.addFirst(Dialogue.message(new Item.Message("system", instructions, Map.of())));
            }
        }
        return messages;
    }

    private static Item item(JsonFields item, History history) {
        String type = item.string("type");
        if (type == null) {
            type = item.has("role") || !item.has("id") ? "message" : "item_reference";
        }
        return switch (type) {
            case "message" -> message(item);
            case "item_reference" -> referred(item, history);
            case "function_call" -> call(item);
            case "function_call_output" -> output(item);
            case "reasoning" -> thought(item);
            default ->
                throw item.wrong(
                        "type", "message, function_call, function_call_output, reasoning or item_reference", type);
        };
    }

    private static Item message(JsonFields item) {
        String role = item.requiredString("role");
        switch (role) {
            case "user", "assistant", "system", "developer" -> {}
            default -> throw item.wrong("role", "user, assistant, system or developer", role);
        }
        Object content = content(item, "content");
        // An answer that is sent back as it came has these too.
        item.harmless("id", "status", "phase");
        return new Item.Message(role, content, item.rest());
    }

    private static Item call(JsonFields item) {
        String id = item.requiredString("call_id");
        String name = ToolFields.toolName(item);
        String arguments = item.string("arguments"); // Models that call without any write nothing.
        boolean whole = !"incomplete".equals(item.string("status"));
        item.harmless("id");
        item.end();
        return new Item.Call(id, name, arguments == null ? "" : arguments, whole);
    }

    private static Item output(JsonFields item) {
        String id = item.requiredString("call_id");
        if (!item.has("output")) {
            throw item.missing("output");
        }
        Object content = content(item, "output");
        item.harmless("id", "status");
        return new Item.Output(id, content, item.rest());
    }

    /** Its text, as an answer gave it. A summary says less, and what is encrypted is another server's. */
    private static Item thought(JsonFields item) {
        item.refuse("encrypted_content", "nobody here can read it; send content as this server gave it");
        item.harmless("id", "status", "summary");
        StringBuilder text = new StringBuilder();
        List<@Nullable Object> parts = item.array("content");
        for (int i = 0; parts != null && i < parts.size(); i++) {
            JsonFields part = item.inner(parts.get(i), item.path("content") + "[" + i + "]");
            String type = part.requiredString("type");
            if (!type.equals("reasoning_text")) {
                throw part.wrong("type", "reasoning_text", type);
            }
            text.append(part.requiredString("text"));
            part.end();
        }
        item.end();
        return new Item.Thought(text.toString());
    }

    private static Item referred(JsonFields item, History history) {
        String id = item.requiredString("id");
        item.end();
        Item known = history.item(id);
        if (known == null) {
            throw new InvalidJsonException(
                    item.path("id"),
                    item.path("id")
                            + " refers to an item that is not kept here, or not any more; send the item itself");
        }
        return known;
    }

    /** One text, or several parts: what stands between them is the layout's to say, as in chat completions. */
    private static Object content(JsonFields item, String name) {
        Object content = item.value(name);
        if (content instanceof String text) {
            return text;
        }
        String path = item.path(name);
        List<Map<String, @Nullable Object>> texts = new ArrayList<>();
        List<@Nullable Object> parts = JsonFields.array(content, path);
        for (int i = 0; i < parts.size(); i++) {
            JsonFields part = item.inner(parts.get(i), path + "[" + i + "]");
            String type = part.requiredString("type");
            if (!type.equals("input_text") && !type.equals("output_text")) {
                throw part.wrong("type", "input_text or output_text", type);
            }
            Map<String, @Nullable Object> text = Item.part(part.requiredString("text"));
            part.harmless("annotations", "logprobs", "prompt_cache_breakpoint");
            text.putAll(part.rest());
            texts.add(text);
        }
        return texts.isEmpty() ? "" : texts;
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
}
