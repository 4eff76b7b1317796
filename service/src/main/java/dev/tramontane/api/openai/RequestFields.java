package dev.tramontane.api.openai;

import static dev.tramontane.api.openai.RequestField.Endpoint.CHAT;
import static dev.tramontane.api.openai.RequestField.Endpoint.COMPLETIONS;
import static dev.tramontane.api.openai.RequestField.Endpoint.FIM;
import static dev.tramontane.api.openai.RequestField.harmless;
import static dev.tramontane.api.openai.RequestField.honoured;
import static dev.tramontane.api.openai.RequestField.only;
import static dev.tramontane.api.openai.RequestField.refused;

import dev.tramontane.api.RequestIds;
import dev.tramontane.api.RequestLimits;
import dev.tramontane.chat.MistralSettings;
import dev.tramontane.model.SamplingParameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Every field that clients of OpenAI's, vLLM's, llama.cpp's and Mistral's APIs send to the endpoints that generate: one
 * that is not here is unknown. Ranges are those of the default limits.
 */
public final class RequestFields {
    private static final RequestLimits LIMITS = RequestLimits.DEFAULT;
    private static final int MOST = Integer.MAX_VALUE;
    private static final String LEAVE_OUT = "leave it out";
    private static final Map<String, Object> IDS = JsonSchema.array(JsonSchema.whole(0, MOST), 0, LIMITS.biases());

    /** What is read. */
    private static final List<RequestField> READ = List.of(
            honoured("model", JsonSchema.string(), "left out: the served one; another name is 404"),
            honoured("messages", JsonSchema.array(messageSchema(), 1, LIMITS.messages()), "the conversation")
                    .at(CHAT),
            honoured("prompt", promptSchema(), "a string, an array of strings, ids, or an array of arrays of ids")
                    .at(COMPLETIONS),
            honoured("prompt", JsonSchema.string(), "the text before the gap").at(FIM),
            honoured("best_of", JsonSchema.whole(1, LIMITS.choices()), "as many as n: the best is chosen by the client")
                    .at(COMPLETIONS),
            honoured("suffix", JsonSchema.string(), "the text behind the gap, for models with tokens for infilling")
                    .at(COMPLETIONS, FIM),
            honoured("n", JsonSchema.whole(1, LIMITS.choices()), "answers; answer i draws with seed + i"),
            honoured(
                            "max_tokens",
                            JsonSchema.whole(0, MOST),
                            "tokens of an answer at most; 16 unless said, 0 with echo")
                    .at(COMPLETIONS),
            honoured(
                            "max_tokens",
                            JsonSchema.whole(1, MOST),
                            "tokens of an answer at most, to the context's end unless said")
                    .at(CHAT, FIM),
            honoured("max_completion_tokens", JsonSchema.whole(1, MOST), "the same, as OpenAI calls it now")
                    .at(CHAT),
            honoured("min_tokens", JsonSchema.whole(0, MOST), "tokens before an answer may end; at most max_tokens"),
            honoured("stop", SamplingSchemas.stop(), "the answer ends before the first of these that appears"),
            honoured("include_stop_str_in_output", JsonSchema.flag(), "keep the string that ended the answer"),
            honoured("stop_token_ids", IDS, "ids that end an answer"),
            honoured(
                    "allowed_token_ids",
                    SamplingSchemas.allowed(),
                    "no other token is drawn; an end token only where it is among them"),
            honoured("ignore_eos", JsonSchema.flag(), "let nothing but limits and stops end an answer"),
            honoured("seed", JsonSchema.whole(Long.MIN_VALUE, Long.MAX_VALUE), "the same seed gives the same tokens"),
            honoured("random_seed", JsonSchema.whole(Long.MIN_VALUE, Long.MAX_VALUE), "seed, as Mistral calls it"),
            honoured("logit_bias", SamplingSchemas.bias(), "additions to logits by token id"),
            honoured("logprobs", JsonSchema.flag(), "log-probabilities of the tokens")
                    .at(CHAT),
            honoured(
                            "top_logprobs",
                            JsonSchema.whole(0, AnswerOptions.MAX_LOGPROBS),
                            "alternatives of each; needs logprobs")
                    .at(CHAT),
            honoured("logprobs", JsonSchema.whole(0, AnswerOptions.MAX_LOGPROBS), "alternatives of each token")
                    .at(COMPLETIONS),
            honoured(
                    "prompt_logprobs",
                    JsonSchema.whole(0, AnswerOptions.MAX_LOGPROBS),
                    "the same of the prompt's tokens; not while streaming"),
            honoured("echo", JsonSchema.flag(), "the prompt before the answer").at(COMPLETIONS),
            honoured("stream", JsonSchema.flag(), "events instead of one answer"),
            honoured("stream_options", JsonSchema.object(), "include_usage, continuous_usage_stats; needs stream"),
            honoured("return_token_ids", JsonSchema.flag(), "ids of prompt and answer"),
            honoured("skip_special_tokens", JsonSchema.flag(), "false shows control tokens by their spelling"),
            honoured(
                            "add_special_tokens",
                            JsonSchema.flag(),
                            "true unless said: bos where the model's files ask for it")
                    .at(COMPLETIONS),
            UrgencyFields.DEADLINE,
            UrgencyFields.PRIORITY,
            honoured("request_id", idSchema(), "the end of the answer's id"),
            honoured(
                    "cache_salt",
                    saltSchema(),
                    "only what was computed for requests with the same is found in the cache"),
            honoured(
                            "tools",
                            JsonSchema.array(JsonSchema.object(), 0, LIMITS.messages()),
                            "shown by the chat layout, of completions by the prompt; calls are told apart in answers")
                    .at(CHAT, COMPLETIONS),
            honoured(
                            "tool_choice",
                            JsonSchema.any(List.of(
                                    Map.of("enum", List.of("auto", "none", "required", "any")), JsonSchema.object())),
                            "whether an answer must call, and what: none leaves the tools out; a function by its name;"
                                    + " allowed_tools with a mode")
                    .at(CHAT, COMPLETIONS),
            honoured("parallel_tool_calls", JsonSchema.flag(), "false: an answer calls once at most")
                    .at(CHAT, COMPLETIONS),
            honoured("add_generation_prompt", JsonSchema.flag(), "false leaves the assistant's turn unopened")
                    .at(CHAT),
            honoured("continue_final_message", JsonSchema.flag(), "the answer continues the assistant's last message")
                    .at(CHAT),
            honoured(
                            "chat_template_kwargs",
                            JsonSchema.object(),
                            "variables that --template-variables lists, and enable_thinking, thinking and"
                                    + " reasoning_effort")
                    .at(CHAT),
            honoured(
                            "reasoning_effort",
                            JsonSchema.among(List.copyOf(MistralSettings.EFFORTS)),
                            "how much the model thinks, where it can be told: docs/reasoning.md")
                    .at(CHAT),
            honoured(
                            "reasoning_format",
                            JsonSchema.among(List.of("reasoning_content", "deepseek", "auto", "thinking_chunks")),
                            "where thoughts stand: beside the content, or among it as chunks, as Mistral's API has"
                                    + " them")
                    .at(CHAT),
            honoured(
                            "thinking_token_budget",
                            JsonSchema.whole(0, MOST),
                            "tokens after which a thought is ended, and the answer goes on")
                    .at(CHAT),
            honoured("thinking_budget", JsonSchema.whole(0, MOST), "thinking_token_budget, as Qwen calls it")
                    .at(CHAT),
            honoured(
                            "prompt_mode",
                            JsonSchema.among(List.of("reasoning")),
                            "puts the model's own instructions to think before the conversation, where it came with"
                                    + " some")
                    .at(CHAT),
            honoured(
                    "response_format",
                    JsonSchema.object(),
                    "what each answer must be: text, json_object, json_schema with name, schema and strict, or structural_tag"),
            honoured(
                    "structured_outputs",
                    JsonSchema.object(),
                    "one of choice, regex, json, grammar, structural_tag and json_object, which every answer must have"),
            honoured("guided_choice", JsonSchema.array(JsonSchema.string(), 1, MOST), "structured_outputs.choice"),
            honoured("guided_regex", JsonSchema.string(), "structured_outputs.regex"),
            honoured("guided_grammar", JsonSchema.string(), "structured_outputs.grammar"),
            honoured("grammar", JsonSchema.string(), "a grammar of llama.cpp's form, which the answer is a text of"),
            honoured("guided_json", JsonSchema.object(), "structured_outputs.json; its text is taken, too"),
            honoured("json_schema", JsonSchema.object(), "structured_outputs.json, as llama.cpp calls it"));

    /** What changes nothing, or is taken as long as it asks for nothing. */
    private static final List<RequestField> WITHOUT_EFFECT = List.of(
            harmless("user", "a label"),
            harmless("metadata", "labels"),
            harmless("safety_identifier", "a label"),
            harmless("prompt_cache_key", "what was computed is found by its tokens"),
            harmless("prompt_cache_retention", "what was computed is kept while there is room"),
            harmless("prompt_cache_options", "what was computed is found by its tokens"),
            harmless("guided_decoding_backend", "there is one"),
            harmless("cache_prompt", "answers are the same, cached or not"),
            only("store", "nothing is kept", false),
            only("service_tier", "there is one", "auto", "default"),
            only("use_beam_search", "answers are drawn", false),
            only("length_penalty", "belongs to beam search", 1L, 1.0),
            only("early_stopping", "belongs to beam search", false),
            only("spaces_between_special_tokens", "texts are spelled exactly", true),
            only("safe_prompt", "write a system message", false),
            only("modalities", "text only", List.of("text")).at(CHAT),
            only("echo", "send the last message with continue_final_message", false)
                    .at(CHAT, FIM),
            only("add_special_tokens", "the chat layout adds them", false).at(CHAT),
            only("best_of", "n answers are given; choose among them by their logprobs", 1L)
                    .at(CHAT, FIM));

    /** What is refused, with what to use. */
    private static final List<RequestField> REFUSED = List.of(
            refused("functions", "use tools").at(CHAT),
            refused("function_call", "use tool_choice").at(CHAT),
            refused("audio", "this server speaks text only").at(CHAT),
            refused("web_search_options", "this server reaches no network").at(CHAT),
            refused("moderation", LEAVE_OUT).at(CHAT),
            refused("verbosity", LEAVE_OUT).at(CHAT),
            refused("guardrails", LEAVE_OUT).at(CHAT),
            refused("top_prompt_logprobs", "use prompt_logprobs").at(CHAT),
            refused("chat_template", "the model's own template is used").at(CHAT),
            refused("documents", "put them into a message").at(CHAT),
            refused("mm_processor_kwargs", "this server speaks text only"),
            refused("truncate_prompt_tokens", "send a prompt that fits"),
            refused("bad_words", "give their tokens a logit_bias of -100"),
            refused("logits_processors", "use logit_bias"),
            refused("return_tokens_as_token_ids", "use return_token_ids"),
            refused("prompt_embeds", "send text or ids"),
            refused("kv_transfer_params", LEAVE_OUT),
            refused("vllm_xargs", LEAVE_OUT),
            refused("guided_whitespace_pattern", "what stands between JSON's values is fixed"),
            refused("n_predict", "use max_tokens"),
            refused("n_probs", "use logprobs"),
            refused("post_sampling_probs", "use logprobs, which are of before sampling"),
            refused("samplers", "the order of the filters is fixed"),
            refused("repeat_penalty", "use repetition_penalty"),
            refused("repeat_last_n", "repetition_penalty looks at all tokens"),
            refused("typical_p", "use top_p"),
            refused("tfs_z", "use top_p"),
            refused("xtc_probability", "use temperature"),
            refused("xtc_threshold", "use temperature"),
            refused("dynatemp_range", "use temperature"),
            refused("dry_multiplier", "use repetition_penalty"),
            refused("mirostat", "use temperature and top_p"),
            refused("n_keep", "send a prompt that fits"),
            refused("id_slot", "places are given by the server"),
            refused("lora", "name the adapter as the model"));

    /** All of them; a name may stand twice where endpoints differ. */
    static final List<RequestField> ALL = all();

    private RequestFields() {}

    private static List<RequestField> all() {
        List<RequestField> all = new ArrayList<>(READ);
        Arrays.stream(SamplingParameter.values())
                .forEach(each -> all.add(honoured(each.wireName(), JsonSchema.of(each), each.meaning())));
        all.addAll(GuessingFields.OF_CHATS);
        all.addAll(WITHOUT_EFFECT);
        all.addAll(REFUSED);
        all.addAll(ResponseFields.ALL);
        all.addAll(OllamaFields.ALL);
        all.addAll(TgiFields.ALL);
        return List.copyOf(all);
    }

    /** Those of an endpoint. */
    public static Stream<RequestField> of(RequestField.Endpoint endpoint) {
        return ALL.stream().filter(field -> field.endpoints().contains(endpoint));
    }

    private static Map<String, Object> promptSchema() {
        Map<String, Object> id = JsonSchema.whole(0, MOST);
        Map<String, Object> ids = JsonSchema.required(JsonSchema.array(id, 1, LIMITS.tokens()));
        Map<String, Object> text = JsonSchema.required(JsonSchema.string());
        return JsonSchema.any(List.of(
                text,
                ids,
                JsonSchema.required(JsonSchema.array(text, 1, LIMITS.prompts())),
                JsonSchema.required(JsonSchema.array(ids, 1, LIMITS.prompts()))));
    }

    /** What every message has; the rest is said in docs/http.md. */
    private static Map<String, Object> messageSchema() {
        Map<String, Object> schema = JsonSchema.object();
        schema.put("required", List.of("role"));
        schema.put(
                "properties",
                Map.of(
                        "role", Map.of("enum", List.of("system", "developer", "user", "assistant", "tool")),
                        "content", Map.of("type", List.of("string", "array", "null"))));
        return schema;
    }

    private static Map<String, Object> saltSchema() {
        Map<String, Object> schema = JsonSchema.string();
        schema.put("minLength", 1);
        schema.put("maxLength", AnswerOptions.MAX_SALT);
        return schema;
    }

    private static Map<String, Object> idSchema() {
        Map<String, Object> schema = JsonSchema.string();
        schema.put("pattern", "^" + RequestIds.FORM + "$");
        return schema;
    }
}
