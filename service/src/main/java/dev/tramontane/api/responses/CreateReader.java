package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.RequestLimits;
import dev.tramontane.api.openai.FormFields;
import dev.tramontane.api.openai.GuessingFields;
import dev.tramontane.api.openai.ReasoningFields;
import dev.tramontane.api.openai.ResponseFields;
import dev.tramontane.api.openai.SamplingFields;
import dev.tramontane.api.openai.ToolFields;
import dev.tramontane.api.openai.UrgencyFields;
import dev.tramontane.engine.Urgency;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.Printable;
import dev.tramontane.json.UnknownFields;
import dev.tramontane.model.SamplingDefaults;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads what a request for a response says. */
public final class CreateReader {
    /** What may be asked to be included and is in no answer of ours: there is none of it to include. Thoughts are told in clear. */
    private static final Set<String> NOTHING_OF = Set.of(
            "code_interpreter_call.outputs",
            "computer_call_output.output.image_url",
            "file_search_call.results",
            "message.input_image.image_url",
            "reasoning.encrypted_content",
            "web_search_call.action.sources",
            "web_search_call.results");

    private static final int SHOWN = 60;
    private static final int METADATA_ENTRIES = 16;
    private static final int METADATA_KEY = 64;
    private static final int METADATA_VALUE = 512;

    private CreateReader() {}

    /**
     * Reads a request's fields.
     *
     * @param defaults of the model
     * @param unknown what happens to fields that are not known
     * @param history what the request may refer to
     * @throws InvalidJsonException naming the field at fault
     * @throws ApiException for a previous response that is not there
     */
    public static ResponseCreate read(
            Map<String, @Nullable Object> message,
            RequestLimits limits,
            SamplingDefaults defaults,
            UnknownFields unknown,
            History history) {
        JsonFields fields = new JsonFields(message, unknown);
        fields.harmless("type"); // Of a socket's message.
        return read(fields, limits, defaults, history, urgency -> urgency.from(System.nanoTime())); // It came just now.
    }

    /**
     * The same of fields of which some have been taken.
     *
     * @param arrived when the request did, and what its head says of its urgency
     */
    public static ResponseCreate read(
            JsonFields fields,
            RequestLimits limits,
            SamplingDefaults defaults,
            History history,
            Function<UrgencyFields, Urgency> arrived) {
        fields.string("model"); // Looked at by who chose the model whose defaults these are.
        ResponseFields.settle(fields);
        include(fields);
        obfuscation(fields);
        String instructions = fields.string("instructions");
        ResponseCreate.Talk talk = talk(fields, limits, history);
        ToolFields tools = ToolFields.read(fields);
        int maxOutputTokens = fields.integer("max_output_tokens", 0, 1, Integer.MAX_VALUE);
        OptionalInt most = maxOutputTokens == 0 ? OptionalInt.empty() : OptionalInt.of(maxOutputTokens);
        Map<String, @Nullable Object> variables = new LinkedHashMap<>();
        AskedReasoning reasoning = AskedReasoning.read(fields, variables);
        GenerationRequest generation = new GenerationRequest(
                        talk.prompt(instructions, tools.shown(), variables),
                        1,
                        most,
                        SamplingFields.stops(fields, most, limits),
                        SamplingFields.sampling(fields, limits, defaults),
                        !fields.flag("skip_special_tokens", true),
                        -1,
                        -1)
                .when(arrived.apply(UrgencyFields.read(fields)))
                .formed(FormFields.ofResponse(fields))
                .calling(tools.calls())
                .thinkingAtMost(ReasoningFields.budget(fields))
                .guessed(GuessingFields.read(fields));
        Offer offer = Offer.of(fields);
        Map<String, String> metadata = metadata(fields.value("metadata"));
        ResponseCreate.Delivery delivery = delivery(fields);
        fields.end();
        return new ResponseCreate(
                generation,
                talk,
                offer,
                delivery,
                reasoning,
                instructions,
                maxOutputTokens == 0 ? null : maxOutputTokens,
                metadata,
                fields.passedOver());
    }

    private static ResponseCreate.Talk talk(JsonFields fields, RequestLimits limits, History history) {
        String previous = fields.string("previous_response_id");
        Past before = previous == null ? Past.NONE : history.upTo(previous);
        List<Item> items = InputItems.read(fields, limits.messages(), history);
        ResponseCreate.checkLength(before.messages(), items, limits.messages());
        return new ResponseCreate.Talk(previous, before, items);
    }

    private static ResponseCreate.Delivery delivery(JsonFields fields) {
        boolean background = fields.flag("background", false);
        boolean store = fields.flag("store", true);
        if (background && !store) {
            throw new InvalidJsonException(
                    "background", "background needs store to be true: nobody could fetch the answer");
        }
        return new ResponseCreate.Delivery(fields.flag("stream", false), background, store);
    }

    /** Padding against traffic analysis, which OpenAI lets servers leave out. */
    private static void obfuscation(JsonFields fields) {
        JsonFields options = fields.object("stream_options");
        if (options != null) {
            options.harmless("include_obfuscation");
            options.end();
        }
    }

    private static void include(JsonFields fields) {
        List<@Nullable Object> names = fields.array("include");
        for (int i = 0; names != null && i < names.size(); i++) {
            String name = JsonFields.string(names.get(i), "include[" + i + "]");
            if (!NOTHING_OF.contains(name)) {
                throw new InvalidJsonException(
                        "include", "include of " + Printable.of(name, SHOWN) + " is not supported; leave it out");
            }
        }
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
