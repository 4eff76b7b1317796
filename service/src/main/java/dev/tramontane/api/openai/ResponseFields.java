package dev.tramontane.api.openai;

import static dev.tramontane.api.openai.RequestField.Endpoint.RESPONSES;
import static dev.tramontane.api.openai.RequestField.harmless;
import static dev.tramontane.api.openai.RequestField.honoured;
import static dev.tramontane.api.openai.RequestField.only;
import static dev.tramontane.api.openai.RequestField.refused;

import dev.tramontane.api.RequestLimits;
import dev.tramontane.json.JsonFields;
import dev.tramontane.model.SamplingParameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The same as {@link RequestFields}, of responses: every field of OpenAI's, over HTTP or the WebSocket, and our extras. */
public final class ResponseFields {
    private static final RequestLimits LIMITS = RequestLimits.DEFAULT;
    private static final int MOST = Integer.MAX_VALUE;
    private static final String LEAVE_OUT = "leave it out";
    private static final String A_LABEL = "a label";

    static final List<RequestField> ALL = all();

    private ResponseFields() {}

    private static List<RequestField> all() {
        List<RequestField> all = new ArrayList<>(List.of(
                honoured("model", JsonSchema.string(), "left out: the served one; another name is 404"),
                honoured(
                        "input",
                        inputSchema(),
                        "a text, or items of type message, function_call, function_call_output, reasoning or item_reference"),
                honoured("instructions", JsonSchema.string(), "put before the conversation, in this request only"),
                honoured("previous_response_id", JsonSchema.string(), "the conversation goes on from that response"),
                honoured("stream", JsonSchema.flag(), "events instead of one answer"),
                honoured(
                        "stream_options",
                        JsonSchema.object(),
                        "include_obfuscation, without effect: events are not padded"),
                honoured("store", JsonSchema.flag(), "true unless said: the response is kept under its id for a time"),
                honoured("background", JsonSchema.flag(), "computed whether or not anybody reads; needs store"),
                honoured("metadata", JsonSchema.object(), "given back: at most 16 texts of 512 characters"),
                honoured(
                        "include",
                        JsonSchema.array(JsonSchema.string(), 0, LIMITS.messages()),
                        "what answers have none of is taken; logprobs are refused"),
                honoured("max_output_tokens", JsonSchema.whole(1, MOST), "tokens of the answer at most"),
                UrgencyFields.DEADLINE,
                UrgencyFields.PRIORITY,
                GuessingFields.FIELD,
                honoured("min_tokens", JsonSchema.whole(0, MOST), "tokens before the answer may end"),
                honoured("stop", SamplingSchemas.stop(), "the answer ends before the first of these"),
                honoured("include_stop_str_in_output", JsonSchema.flag(), "keep the string that ended the answer"),
                honoured(
                        "stop_token_ids",
                        JsonSchema.array(JsonSchema.whole(0, MOST), 0, LIMITS.biases()),
                        "ids that end the answer"),
                honoured("allowed_token_ids", SamplingSchemas.allowed(), "no other token is drawn"),
                honoured("ignore_eos", JsonSchema.flag(), "let nothing but limits and stops end the answer"),
                honoured(
                        "seed",
                        JsonSchema.whole(Long.MIN_VALUE, Long.MAX_VALUE),
                        "the same seed gives the same tokens"),
                honoured("logit_bias", SamplingSchemas.bias(), "additions to logits by token id"),
                honoured("skip_special_tokens", JsonSchema.flag(), "false shows control tokens by their spelling"),
                refused("generate", "only a WebSocket prepares prompts; leave it out"),
                refused("stream_id", "only a WebSocket has lanes; leave it out"),
                refused("demand", "only a WebSocket takes credits; leave it out"),
                only("truncation", "send a conversation that fits", "disabled"),
                only("service_tier", "there is one", "auto", "default"),
                honoured(
                        "tools",
                        JsonSchema.array(JsonSchema.object(), 0, LIMITS.messages()),
                        "functions, shown by the chat layout; calls are items of the answer"),
                honoured(
                        "tool_choice",
                        JsonSchema.any(List.of(
                                Map.of("enum", List.of("auto", "none", "required", "any")), JsonSchema.object())),
                        "whether an answer must call, and what: none leaves the tools out; a function by its name;"
                                + " allowed_tools with a mode"),
                honoured("parallel_tool_calls", JsonSchema.flag(), "false: an answer calls once at most"),
                honoured(
                        "max_tool_calls",
                        JsonSchema.whole(1, MOST),
                        "of tools that a server runs, of which there are none: always kept; told again"),
                only("top_logprobs", "none are given", 0L),
                honoured(
                        "text",
                        JsonSchema.object(),
                        "format: what the answer must be, as response_format of chat completions, the schema beside its type"),
                honoured(
                        "structured_outputs",
                        JsonSchema.object(),
                        "one of choice, regex, json, grammar, structural_tag and json_object, which the answer must have"),
                honoured(
                        "reasoning",
                        JsonSchema.object(),
                        "effort: as reasoning_effort of chat completions; a summary is empty, since thoughts are told whole"),
                honoured(
                        "thinking_token_budget",
                        JsonSchema.whole(0, MOST),
                        "tokens after which a thought is ended, and the answer goes on"),
                honoured("thinking_budget", JsonSchema.whole(0, MOST), "thinking_token_budget, as Qwen calls it"),
                refused("conversation", "use previous_response_id, or send it as input"),
                harmless("user", A_LABEL),
                harmless("safety_identifier", A_LABEL),
                harmless("prompt_cache_key", A_LABEL)));
        for (String name : List.of(
                "access_programs",
                "background_options",
                "context_management",
                "image",
                "moderation",
                "prompt",
                "prompt_cache_options",
                "prompt_cache_retention")) {
            all.add(refused(name, LEAVE_OUT));
        }
        Arrays.stream(SamplingParameter.values())
                .forEach(each -> all.add(honoured(each.wireName(), JsonSchema.of(each), each.meaning())));
        return all.stream().map(field -> field.at(RESPONSES)).toList();
    }

    private static Map<String, Object> inputSchema() {
        return JsonSchema.any(List.of(
                JsonSchema.required(JsonSchema.string()),
                JsonSchema.required(JsonSchema.array(JsonSchema.object(), 1, LIMITS.messages()))));
    }

    /** Takes the fields that nothing comes of out of a body, or refuses their values. */
    public static void settle(JsonFields fields) {
        RequestField.settle(fields, RESPONSES);
    }
}
