package dev.tramontane.answer;

/**
 * How a model marks its thoughts.
 *
 * @param open, close what stands before and behind a thought
 * @param framed whether line breaks beside the marks belong to them, as templates write them
 */
public record ThoughtStyle(String open, String close, boolean framed) {
    /** Magistral's and the reasoning Ministrals'. */
    public static final ThoughtStyle MISTRAL = new ThoughtStyle("[THINK]", "[/THINK]", false);

    /** DeepSeek's and Qwen's, and of most templates since. */
    public static final ThoughtStyle TAGS = new ThoughtStyle("<think>", "</think>", true);
}
