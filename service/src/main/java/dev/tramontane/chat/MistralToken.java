package dev.tramontane.chat;

/** How Mistral's vocabularies spell the control tokens of chats. Source: mistral-common, SpecialTokens. */
final class MistralToken {
    static final String BOS = "<s>";
    static final String EOS = "</s>";
    static final String INST = "[INST]";
    static final String INST_END = "[/INST]";
    static final String SYSTEM = "[SYSTEM_PROMPT]";
    static final String SYSTEM_END = "[/SYSTEM_PROMPT]";
    static final String TOOLS = "[AVAILABLE_TOOLS]";
    static final String TOOLS_END = "[/AVAILABLE_TOOLS]";
    static final String CALLS = "[TOOL_CALLS]";
    static final String CALL_ID = "[CALL_ID]";
    static final String ARGUMENTS = "[ARGS]";
    static final String RESULTS = "[TOOL_RESULTS]";
    static final String RESULTS_END = "[/TOOL_RESULTS]";
    static final String RESULT_CONTENT = "[TOOL_CONTENT]";

    static final String THINK = "[THINK]";
    static final String THINK_END = "[/THINK]";

    static final String SETTINGS = "[MODEL_SETTINGS]";
    static final String SETTINGS_END = "[/MODEL_SETTINGS]";

    private MistralToken() {}
}
