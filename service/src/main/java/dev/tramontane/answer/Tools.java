package dev.tramontane.answer;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The tools that a request offers.
 *
 * @param parameters JSON schemas by name
 * @param held names of those whose arguments are what their schemas allow, by masks
 */
public record Tools(Map<String, Map<String, @Nullable Object>> parameters, Set<String> held) {
    public static final Tools NONE = new Tools(Map.of());

    /** What a tool may be called, in words. */
    public static final String NAMES = "1 to 64 letters, digits, _ or -";

    private static final int LONGEST_NAME = 64;

    /** Whose arguments are what the model makes of them. */
    public Tools(Map<String, Map<String, @Nullable Object>> parameters) {
        this(parameters, Set.of());
    }

    /** @param tools as chat layouts are given them */
    @SuppressWarnings("unchecked") // JSON objects have strings as names.
    public static Tools of(List<? extends Map<String, ? extends @Nullable Object>> tools) {
        Map<String, Map<String, @Nullable Object>> parameters = new LinkedHashMap<>();
        for (Map<String, ? extends @Nullable Object> tool : tools) {
            if (tool.get("function") instanceof Map<?, ?> function && function.get("name") instanceof String name) {
                parameters.put(
                        name,
                        function.get("parameters") instanceof Map<?, ?> schema
                                ? (Map<String, @Nullable Object>) schema
                                : Map.of());
            }
        }
        return new Tools(parameters);
    }

    /** The same, called by these rules. */
    public Tools by(CallRules rules) {
        return new Tools(
                parameters, parameters.keySet().stream().filter(rules::holds).collect(Collectors.toUnmodifiableSet()));
    }

    /** Whether a tool may be called so, as OpenAI's and Mistral's APIs have it: then every form of calls can write it. */
    public static boolean isName(String name) {
        return !name.isEmpty() && name.length() <= LONGEST_NAME && name.chars().allMatch(Tools::isOfName);
    }

    /** Whether names have such a character. */
    static boolean isOfName(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    }

    boolean isEmpty() {
        return parameters.isEmpty();
    }

    boolean has(String name) {
        return parameters.containsKey(name);
    }

    boolean isHeld(String name) {
        return held.contains(name);
    }

    /** Whether that argument of that tool is a text, whatever it looks like. */
    boolean isText(String name, String argument) {
        return parameters.getOrDefault(name, Map.of()).get("properties") instanceof Map<?, ?> properties
                && isText(properties.get(argument));
    }

    /** Whether an argument of that schema is a text: it stands between tags as it is, where others are JSON. */
    public static boolean isText(@Nullable Object schema) {
        return schema instanceof Map<?, ?> keywords && "string".equals(keywords.get("type"));
    }
}
