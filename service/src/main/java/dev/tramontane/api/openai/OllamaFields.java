package dev.tramontane.api.openai;

import static dev.tramontane.api.openai.RequestField.Endpoint.OLLAMA_CHAT;
import static dev.tramontane.api.openai.RequestField.Endpoint.OLLAMA_GENERATE;
import static dev.tramontane.api.openai.RequestField.Endpoint.OLLAMA_OPTIONS;
import static dev.tramontane.api.openai.RequestField.harmless;
import static dev.tramontane.api.openai.RequestField.honoured;
import static dev.tramontane.api.openai.RequestField.only;
import static dev.tramontane.api.openai.RequestField.refused;

import dev.tramontane.api.RequestLimits;
import dev.tramontane.model.SamplingParameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Every field of the requests of Ollama's API that generate, and of their options; as {@link RequestFields}. */
final class OllamaFields {
    private static final RequestLimits LIMITS = RequestLimits.DEFAULT;
    private static final int MOST = Integer.MAX_VALUE;
    private static final String OPERATORS = "the server's operator decides";

    private static final List<RequestField> BODIES = List.of(
            honoured("model", JsonSchema.string(), "left out: the served one; another name is 404")
                    .at(OLLAMA_GENERATE, OLLAMA_CHAT),
            honoured(
                            "prompt",
                            JsonSchema.string(),
                            "what the user says; left out or empty: nothing is generated, the answer says that the"
                                    + " model is loaded")
                    .at(OLLAMA_GENERATE),
            honoured("suffix", JsonSchema.string(), "the text behind the gap, for models with tokens for infilling")
                    .at(OLLAMA_GENERATE),
            honoured("system", JsonSchema.string(), "the system message").at(OLLAMA_GENERATE),
            honoured(
                            "raw",
                            JsonSchema.flag(),
                            "the prompt is continued as it is, without the chat layout; control tokens that it spells"
                                    + " are text")
                    .at(OLLAMA_GENERATE),
            honoured(
                            "messages",
                            JsonSchema.array(JsonSchema.object(), 0, LIMITS.messages()),
                            "the conversation; left out or empty: as an empty prompt")
                    .at(OLLAMA_CHAT),
            honoured(
                            "tools",
                            JsonSchema.array(JsonSchema.object(), 0, LIMITS.messages()),
                            "shown by the chat layout; calls are told apart in answers")
                    .at(OLLAMA_CHAT),
            honoured(
                            "tool_choice",
                            JsonSchema.any(List.of(
                                    Map.of("enum", List.of("auto", "none", "required", "any")), JsonSchema.object())),
                            "as in chat completions")
                    .at(OLLAMA_CHAT),
            honoured("parallel_tool_calls", JsonSchema.flag(), "false: an answer calls once at most")
                    .at(OLLAMA_CHAT),
            honoured("stream", JsonSchema.flag(), "true unless said: a line of JSON for each piece")
                    .at(OLLAMA_GENERATE, OLLAMA_CHAT),
            honoured(
                            "format",
                            JsonSchema.any(List.of(JsonSchema.among(List.of("json", "")), JsonSchema.object())),
                            "\"json\", or a JSON schema, which every answer must have")
                    .at(OLLAMA_GENERATE, OLLAMA_CHAT),
            honoured(
                            "options",
                            JsonSchema.any(List.of(
                                    Map.of("$ref", "#/components/schemas/OllamaOptions"), Map.of("type", "null"))),
                            "options, below")
                    .at(OLLAMA_GENERATE, OLLAMA_CHAT),
            honoured(
                            "keep_alive",
                            JsonSchema.any(List.of(Map.of("type", List.of("number", "null")), JsonSchema.string())),
                            "of several models: how long this one stays when it is not used, in seconds or as \"5m\", below 0"
                                    + " for good; 0 without a prompt unloads it, which is refused where there is one")
                    .at(OLLAMA_GENERATE, OLLAMA_CHAT),
            honoured(
                            "think",
                            JsonSchema.any(List.of(
                                    JsonSchema.flag(), JsonSchema.among(List.of("low", "medium", "high", "max")))),
                            "whether, or how much, the model thinks, where it can be told; true and a level are"
                                    + " refused for one that never does")
                    .at(OLLAMA_GENERATE, OLLAMA_CHAT),
            honoured("logprobs", JsonSchema.flag(), "log-probabilities of the tokens")
                    .at(OLLAMA_GENERATE, OLLAMA_CHAT),
            honoured(
                            "top_logprobs",
                            JsonSchema.whole(0, AnswerOptions.MAX_LOGPROBS),
                            "alternatives of each; needs logprobs")
                    .at(OLLAMA_GENERATE, OLLAMA_CHAT),
            UrgencyFields.DEADLINE.at(OLLAMA_GENERATE, OLLAMA_CHAT),
            UrgencyFields.PRIORITY.at(OLLAMA_GENERATE, OLLAMA_CHAT),
            GuessingFields.FIELD.at(OLLAMA_GENERATE, OLLAMA_CHAT),
            harmless("truncate", "a prompt that does not fit is refused; nothing is cut off")
                    .at(OLLAMA_GENERATE, OLLAMA_CHAT),
            harmless("shift", "an answer ends where the context ends").at(OLLAMA_GENERATE, OLLAMA_CHAT),
            harmless("num_predict", "as in Ollama, only that of options is a limit")
                    .at(OLLAMA_CHAT),
            only("_debug_render_only", "POST /tokenize shows what a prompt becomes", false)
                    .at(OLLAMA_GENERATE, OLLAMA_CHAT),
            only("template", "the model's own is used; raw leaves it out", "").at(OLLAMA_GENERATE),
            only("context", "send the turns to POST /api/chat", List.of()).at(OLLAMA_GENERATE),
            only("images", "this server reads text only", List.of()).at(OLLAMA_GENERATE),
            refused("width", "this server generates text only").at(OLLAMA_GENERATE),
            refused("height", "this server generates text only").at(OLLAMA_GENERATE),
            refused("steps", "this server generates text only").at(OLLAMA_GENERATE));

    private static final List<RequestField> OPTIONS = List.of(
            honoured(
                    "num_predict",
                    JsonSchema.whole(-2, MOST),
                    "tokens of an answer at most; 0 and less: to the" + " context's end"),
            honoured(
                    "num_ctx",
                    JsonSchema.whole(0, MOST),
                    "up to the server's context, which answers may use whole;" + " more is refused"),
            honoured(
                    "seed",
                    JsonSchema.whole(Long.MIN_VALUE, Long.MAX_VALUE),
                    "the same seed gives the same tokens; -1 draws one"),
            honoured("stop", SamplingSchemas.stop(), "the answer ends before the first of these that appears"),
            honoured(
                    "repeat_penalty",
                    JsonSchema.of(SamplingParameter.REPETITION_PENALTY),
                    "repetition_penalty, over the" + " whole context"),
            honoured(
                    "repeat_last_n",
                    JsonSchema.whole(-1, MOST),
                    "-1 where a penalty is set, for penalties look at all" + " tokens; any other number where none is"),
            honoured("logit_bias", SamplingSchemas.bias(), "additions to logits by token id"),
            honoured("allowed_token_ids", SamplingSchemas.allowed(), "no other token is drawn"),
            honoured("min_tokens", JsonSchema.whole(0, MOST), "tokens before an answer may end"),
            honoured("include_stop_str_in_output", JsonSchema.flag(), "keep the string that ended the answer"),
            honoured(
                    "stop_token_ids",
                    JsonSchema.array(JsonSchema.whole(0, MOST), 0, LIMITS.biases()),
                    "ids that end an answer"),
            honoured("ignore_eos", JsonSchema.flag(), "let nothing but limits and stops end an answer"),
            harmless("num_keep", "nothing of a context is dropped"),
            harmless("num_batch", OPERATORS),
            harmless("num_gpu", OPERATORS),
            harmless("main_gpu", OPERATORS),
            harmless("num_thread", OPERATORS),
            harmless("numa", OPERATORS),
            harmless("low_vram", OPERATORS),
            harmless("f16_kv", OPERATORS),
            harmless("use_mmap", OPERATORS),
            harmless("use_mlock", OPERATORS),
            harmless("draft_num_predict", "no draft model is used"),
            harmless("mirostat_tau", "belongs to mirostat"),
            harmless("mirostat_eta", "belongs to mirostat"),
            only("mirostat", "use temperature and top_p", 0L),
            only("typical_p", "use top_p", 1L, 1.0),
            only("tfs_z", "use top_p", 1L, 1.0),
            only("penalize_newline", "use logit_bias", true),
            only("logits_all", "use logprobs", false),
            only("vocab_only", "the whole model is served", false),
            only("embedding_only", "this server generates text only", false));

    /** All of them. */
    static final List<RequestField> ALL = all();

    private OllamaFields() {}

    private static List<RequestField> all() {
        List<RequestField> all = new ArrayList<>(BODIES);
        OPTIONS.forEach(each -> all.add(each.at(OLLAMA_OPTIONS)));
        Arrays.stream(SamplingParameter.values())
                .forEach(each -> all.add(honoured(each.wireName(), JsonSchema.of(each), each.meaning())
                        .at(OLLAMA_OPTIONS)));
        return List.copyOf(all);
    }
}
