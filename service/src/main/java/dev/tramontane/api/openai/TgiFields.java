package dev.tramontane.api.openai;

import static dev.tramontane.api.openai.RequestField.Endpoint.TGI;
import static dev.tramontane.api.openai.RequestField.Endpoint.TGI_PARAMETERS;
import static dev.tramontane.api.openai.RequestField.honoured;
import static dev.tramontane.api.openai.RequestField.only;
import static dev.tramontane.api.openai.RequestField.refused;

import dev.tramontane.api.RequestLimits;
import dev.tramontane.model.SamplingParameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Every field of text-generation-inference's requests, and of their parameters; as {@link RequestFields}. */
final class TgiFields {
    private static final RequestLimits LIMITS = RequestLimits.DEFAULT;
    private static final int MOST = Integer.MAX_VALUE;

    private static final List<RequestField> BODY = List.of(
            honoured("inputs", JsonSchema.string(), "the text to continue; control tokens that it spells are text"),
            honoured(
                    "parameters",
                    JsonSchema.any(
                            List.of(Map.of("$ref", "#/components/schemas/TgiParameters"), Map.of("type", "null"))),
                    "parameters, below"),
            honoured("stream", JsonSchema.flag(), "events in place of a list, at / only"),
            UrgencyFields.DEADLINE,
            UrgencyFields.PRIORITY,
            GuessingFields.FIELD);

    private static final List<RequestField> PARAMETERS = List.of(
            honoured("max_new_tokens", JsonSchema.whole(1, MOST), "tokens at most, to the context's end unless said"),
            honoured(
                    "do_sample",
                    JsonSchema.flag(),
                    "tokens are drawn; else, and without temperature, top_k and top_p, the likeliest is taken"),
            honoured("seed", JsonSchema.whole(Long.MIN_VALUE, Long.MAX_VALUE), "the same seed gives the same tokens"),
            honoured("stop", SamplingSchemas.stop(), "the text ends with the first of these that appears"),
            honoured(
                    "return_full_text", JsonSchema.flag(), "inputs before the text; true unless said at /, else false"),
            honoured("details", JsonSchema.flag(), "tokens, their log-probabilities, and why the text ended"),
            honoured(
                    "decoder_input_details",
                    JsonSchema.flag(),
                    "the tokens of inputs with their log-probabilities; not while streaming"),
            honoured(
                    "top_n_tokens",
                    JsonSchema.whole(0, AnswerOptions.MAX_LOGPROBS),
                    "alternatives of each token; needs details, or a stream"),
            honoured(
                    "best_of",
                    JsonSchema.whole(1, LIMITS.choices()),
                    "texts of which the likeliest is told; needs do_sample, and neither a seed nor a stream"),
            honoured(
                    "grammar",
                    JsonSchema.object(),
                    "what the text must be: type json with a schema as value, json_schema with name and schema in it, or"
                            + " regex"),
            honoured("logit_bias", SamplingSchemas.bias(), "additions to logits by token id"),
            honoured("allowed_token_ids", SamplingSchemas.allowed(), "no other token is drawn"),
            honoured("min_tokens", JsonSchema.whole(0, MOST), "tokens before a text may end"),
            honoured("include_stop_str_in_output", JsonSchema.flag(), "the string that ended the text is always kept"),
            honoured(
                    "stop_token_ids",
                    JsonSchema.array(JsonSchema.whole(0, MOST), 0, LIMITS.biases()),
                    "ids that end a text"),
            honoured("ignore_eos", JsonSchema.flag(), "let nothing but limits and stops end a text"),
            only("watermark", "texts are not marked", false),
            refused("truncate", "send a text that fits"),
            refused("typical_p", "use top_p"),
            honoured("adapter_id", JsonSchema.string(), "the adapter that is asked for, by its name in /v1/models"));

    /** All of them. */
    static final List<RequestField> ALL = all();

    private TgiFields() {}

    private static List<RequestField> all() {
        List<RequestField> all = new ArrayList<>();
        BODY.forEach(each -> all.add(each.at(TGI)));
        PARAMETERS.forEach(each -> all.add(each.at(TGI_PARAMETERS)));
        Arrays.stream(SamplingParameter.values())
                .forEach(each -> all.add(honoured(each.wireName(), JsonSchema.of(each), each.meaning())
                        .at(TGI_PARAMETERS)));
        return List.copyOf(all);
    }
}
