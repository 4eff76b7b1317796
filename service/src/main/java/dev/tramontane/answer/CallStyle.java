package dev.tramontane.answer;

import java.util.Arrays;
import java.util.Optional;

/** The forms in which models write tool calls. */
public enum CallStyle {
    /** {@code [TOOL_CALLS][{"name": ..., "arguments": {...}}, ...]}: Mistral's layouts v2 to v7. */
    ARRAY("mistral_v3", "[TOOL_CALLS]", ""),
    /** {@code [TOOL_CALLS]name[ARGS]{...}} for each call, before v13 with {@code [CALL_ID]}: Mistral's from v11. */
    NAMED("mistral_v11", "[TOOL_CALLS]", ""),
    /** {@code <tool_call>{"name": ..., "arguments": {...}}</tool_call>}: Hermes, Qwen 2.5 and 3. */
    OBJECT("hermes", "<tool_call>", "</tool_call>"),
    /** {@code {"name": ..., "parameters": {...}}} and nothing else: Llama 3.1 to 3.3. */
    BARE("llama3_json", "<|python_tag|>", ""),
    /** {@code <tool_call><function=name><parameter=key>value</parameter></function></tool_call>}: Qwen 3 Coder. */
    TAGGED("qwen3_coder", "<tool_call>", "</tool_call>");

    /** The control token before an id, of those that have one. */
    public static final String ID = "[CALL_ID]";

    /** The control token before arguments. */
    public static final String ARGUMENTS = "[ARGS]";

    private final String label;
    private final String open;
    private final String close;

    CallStyle(String label, String open, String close) {
        this.label = label;
        this.open = open;
        this.close = close;
    }

    /** What operators call it. */
    public String label() {
        return label;
    }

    public static Optional<CallStyle> of(String label) {
        return Arrays.stream(values())
                .filter(style -> style.label.equals(label))
                .findFirst();
    }

    /** What stands before a call. */
    public String open() {
        return open;
    }

    /** What stands behind a call, or empty. */
    public String close() {
        return close;
    }
}
