package dev.tramontane.api.responses;

import dev.tramontane.json.JsonFields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tools that a request offers, as it said them: its response tells them again.
 *
 * @param tools in OpenAI's form for responses
 * @param choice {@code tool_choice}
 * @param parallel {@code parallel_tool_calls}
 * @param maxCalls {@code max_tool_calls}, of tools that a server runs: there are none, so it always holds; null where it was not said
 */
record Offer(
        List<Map<String, @Nullable Object>> tools,
        Object choice,
        boolean parallel,
        @Nullable Integer maxCalls) {
    /** None. */
    static final Offer NONE = new Offer(List.of(), "auto", true, null);

    /** A value's objects, beside its characters. */
    private static final long NODE = 64;

    /** @param fields that have been found to be right */
    static Offer of(JsonFields fields) {
        List<@Nullable Object> given = fields.array("tools");
        List<Map<String, @Nullable Object>> tools = new ArrayList<>();
        for (int i = 0; given != null && i < given.size(); i++) {
            tools.add(flat(JsonFields.object(given.get(i), "tools[" + i + "]")));
        }
        Object choice = fields.value("tool_choice");
        return new Offer(
                tools, choice == null ? "auto" : choice, fields.flag("parallel_tool_calls", true), maxCalls(fields));
    }

    /** {@code max_tool_calls}. */
    static @Nullable Integer maxCalls(JsonFields fields) {
        Long most = fields.integer("max_tool_calls", 1, Integer.MAX_VALUE);
        return most == null ? null : most.intValue();
    }

    /** {@code openai.types.responses.FunctionTool}, be it said in that form or in that of chat completions. */
    private static Map<String, @Nullable Object> flat(Map<String, @Nullable Object> tool) {
        Map<?, ?> function = tool.get("function") instanceof Map<?, ?> nested ? nested : tool;
        Map<String, @Nullable Object> flat = new LinkedHashMap<>();
        flat.put("type", "function");
        for (String name : List.of("name", "description", "parameters")) {
            flat.put(name, function.get(name));
        }
        flat.put("strict", Boolean.TRUE.equals(function.get("strict")));
        return flat;
    }

    /** Bytes of heap that it takes: an estimate from above. */
    long weight() {
        return weight(tools) + weight(choice);
    }

    private static long weight(@Nullable Object value) {
        return switch (value) {
            case Map<?, ?> map ->
                NODE
                        + map.entrySet().stream()
                                .mapToLong(entry -> weight(entry.getKey()) + weight(entry.getValue()))
                                .sum();
            case List<?> list -> NODE + list.stream().mapToLong(Offer::weight).sum();
            case String text -> NODE + 2L * text.length();
            case null, default -> NODE;
        };
    }
}
