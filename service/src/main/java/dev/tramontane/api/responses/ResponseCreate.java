package dev.tramontane.api.responses;

import dev.tramontane.api.RequestLimits;
import dev.tramontane.api.openai.SamplingFields;
import dev.tramontane.chat.Conversation;
import dev.tramontane.engine.Tenant;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.UnknownFields;
import dev.tramontane.model.SamplingDefaults;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A {@code response.create}. Every field of OpenAI's is honoured or refused by name; null means absent.
 *
 * @param generation what to generate
 * @param ignoredFields names of fields that are not known and had no effect, for the response to tell
 * @param instructions, maxOutputTokens, metadata as asked, to be echoed in the response
 */
public record ResponseCreate(
        GenerationRequest generation,
        @Nullable String instructions,
        @Nullable Integer maxOutputTokens,
        Map<String, String> metadata,
        List<String> ignoredFields) {
    private static final int METADATA_ENTRIES = 16;
    private static final int METADATA_KEY = 64;
    private static final int METADATA_VALUE = 512;

    /**
     * Reads a request's fields.
     *
     * @param defaults of the model
     * @param unknown what happens to fields that are not known
     * @throws InvalidJsonException naming the field at fault
     */
    public static ResponseCreate read(
            Map<String, @Nullable Object> message,
            RequestLimits limits,
            SamplingDefaults defaults,
            UnknownFields unknown) {
        JsonFields fields = new JsonFields(message, unknown);
        fields.harmless("type", "model"); // Looked at by who chose the model whose defaults these are.
        refuseUnsupported(fields);
        String instructions = fields.string("instructions");
        Conversation conversation = new Conversation(
                InputItems.messages(instructions, fields, limits.messages()), List.of(), true, false, Map.of());
        int maxOutputTokens = fields.integer("max_output_tokens", 0, 1, Integer.MAX_VALUE);
        OptionalInt most = maxOutputTokens == 0 ? OptionalInt.empty() : OptionalInt.of(maxOutputTokens);
        GenerationRequest generation = new GenerationRequest(
                new Prompt.Chat(conversation),
                1,
                most,
                SamplingFields.stops(fields, most, limits),
                SamplingFields.sampling(fields, limits, defaults),
                !fields.flag("skip_special_tokens", true),
                -1,
                -1);
        Map<String, String> metadata = metadata(fields.value("metadata"));
        fields.end();
        return new ResponseCreate(
                generation, instructions, maxOutputTokens == 0 ? null : maxOutputTokens, metadata, unknown.names());
    }

    /** The same for somebody. */
    public ResponseCreate of(Tenant tenant) {
        return new ResponseCreate(generation.of(tenant), instructions, maxOutputTokens, metadata, ignoredFields);
    }

    private static void refuseUnsupported(JsonFields fields) {
        fields.only("stream", true);
        fields.only("background", false);
        fields.only("store", false);
        fields.only("generate", true);
        fields.only("truncation", "disabled");
        fields.only("service_tier", "auto", "default");
        fields.only("tool_choice", "auto", "none");
        fields.only("tools", List.of());
        fields.only("include", List.of());
        fields.only("parallel_tool_calls", true, false);
        fields.only("top_logprobs", 0L);
        fields.only("text", Map.of(), Map.of("format", Map.of("type", "text")));
        fields.only("stream_options", Map.of(), Map.of("include_obfuscation", false));
        fields.refuse("stream_id", "a socket answers its requests in order; open another for answers side by side");
        fields.refuse("previous_response_id", "responses are not kept; send the conversation as input");
        fields.refuse("conversation", "conversations are not kept; send it as input");
        String leaveOut = "leave it out";
        for (String name : List.of(
                "access_programs",
                "background_options",
                "context_management",
                "image",
                "max_tool_calls",
                "moderation",
                "prompt",
                "prompt_cache_options",
                "prompt_cache_retention",
                "reasoning")) {
            fields.refuse(name, leaveOut);
        }
        // Labels for a provider's books; they change nothing in an answer.
        fields.harmless("user", "safety_identifier", "prompt_cache_key");
    }

    private static Map<String, String> metadata(@Nullable Object given) {
        if (given == null) {
            return Map.of();
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        JsonFields.object(given, "metadata").forEach((key, value) -> {
            if (value == null) {
                return;
            }
            String text = JsonFields.string(value, "metadata." + key);
            if (key.codePointCount(0, key.length()) > METADATA_KEY
                    || text.codePointCount(0, text.length()) > METADATA_VALUE) {
                throw new InvalidJsonException(
                        "metadata",
                        "metadata maps keys of at most " + METADATA_KEY + " characters to strings of at most "
                                + METADATA_VALUE);
            }
            metadata.put(key, text);
        });
        if (metadata.size() > METADATA_ENTRIES) {
            throw new InvalidJsonException(
                    "metadata", "metadata may have " + METADATA_ENTRIES + " entries, got " + metadata.size());
        }
        return metadata;
    }
}
