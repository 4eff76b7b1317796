package dev.tramontane.api.openai;

import dev.tramontane.json.JsonFields;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A field of requests: where it may stand and what becomes of it. What is not honoured is settled from here, so the
 * document that describes the API, the table in docs/fields.md and the answers to clients can't differ.
 *
 * @param schema the values that are taken
 * @param words for people: what it does, or what to use in its place
 */
public record RequestField(
        String name, Set<Endpoint> endpoints, Treatment treatment, Map<String, Object> schema, String words) {

    /** Where a body with fields goes. */
    public enum Endpoint {
        CHAT("/v1/chat/completions"),
        COMPLETIONS("/v1/completions"),
        FIM("/v1/fim/completions"),
        RESPONSES("/v1/responses"),
        OLLAMA_GENERATE("/api/generate"),
        OLLAMA_CHAT("/api/chat"),
        /** The {@code options} of both. */
        OLLAMA_OPTIONS("/api"),
        TGI("/generate"),
        /** The {@code parameters} of that. */
        TGI_PARAMETERS("/generate");

        private final String path;

        Endpoint(String path) {
            this.path = path;
        }

        String path() {
            return path;
        }
    }

    /** What becomes of a field. */
    public sealed interface Treatment {
        /** Its value is read, by the code of its endpoints. */
        record Honoured() implements Treatment {}

        /** Any value is taken and changes nothing. */
        record Harmless() implements Treatment {}

        /** These values are taken, which are as if it were left out. */
        record Only(List<Object> values) implements Treatment {}

        /** Refused by name. */
        record Refused(String instead) implements Treatment {}
    }

    /** Other protocols have tables of their own, as {@link ResponseFields}. */
    private static final Set<Endpoint> EVERYWHERE = EnumSet.of(Endpoint.CHAT, Endpoint.COMPLETIONS, Endpoint.FIM);

    public RequestField {
        endpoints = Set.copyOf(endpoints);
    }

    static RequestField honoured(String name, Map<String, Object> schema, String words) {
        return new RequestField(name, EVERYWHERE, new Treatment.Honoured(), schema, words);
    }

    static RequestField harmless(String name, String words) {
        return new RequestField(name, EVERYWHERE, new Treatment.Harmless(), Map.of(), words);
    }

    static RequestField only(String name, String words, Object... values) {
        List<Object> all = List.of(values);
        return new RequestField(name, EVERYWHERE, new Treatment.Only(all), JsonSchema.among(all), words);
    }

    static RequestField refused(String name, String instead) {
        return new RequestField(name, EVERYWHERE, new Treatment.Refused(instead), Map.of("type", "null"), instead);
    }

    /** The same, at these endpoints and nowhere else. */
    RequestField at(Endpoint first, Endpoint... more) {
        return new RequestField(name, EnumSet.of(first, more), treatment, schema, words);
    }

    /** For the documents. */
    String treatmentWords() {
        return switch (treatment) {
            case Treatment.Honoured read -> "honoured";
            case Treatment.Harmless any -> "no effect";
            case Treatment.Only some -> "default only";
            case Treatment.Refused none -> "refused";
        };
    }

    /** Takes the field out of a body where nobody else reads it, or refuses its value. */
    private void settle(JsonFields fields) {
        switch (treatment) {
            case Treatment.Honoured read -> {}
            case Treatment.Harmless any -> fields.harmless(name);
            case Treatment.Only some -> fields.only(name, some.values().toArray());
            case Treatment.Refused none -> fields.refuse(name, none.instead());
        }
    }

    /** Does that for every field of an endpoint. */
    public static void settle(JsonFields fields, Endpoint endpoint) {
        for (RequestField field : RequestFields.ALL) {
            if (field.endpoints.contains(endpoint)) {
                field.settle(fields);
            }
        }
    }
}
