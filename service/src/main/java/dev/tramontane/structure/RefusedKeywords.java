package dev.tramontane.structure;

import java.util.Map;

/** What to write instead of keywords that are not supported. */
final class RefusedKeywords {
    private static final Map<String, String> INSTEAD = Map.ofEntries(
            Map.entry("nullable", "write a type of [\"...\", \"null\"]"),
            Map.entry("dependencies", "use dependentRequired or dependentSchemas"),
            Map.entry("additionalItems", "use prefixItems and items, as draft 2020-12 has them"),
            Map.entry("$anchor", "use a $ref that begins with #/"),
            Map.entry("$dynamicRef", "use $ref"),
            Map.entry("$recursiveRef", "use $ref"),
            Map.entry("id", "leave it out"),
            Map.entry("$id", "only the whole schema may have one"));

    private RefusedKeywords() {}

    static String instead(String keyword) {
        String advice = INSTEAD.get(keyword);
        return advice == null ? "" : ": " + advice;
    }
}
