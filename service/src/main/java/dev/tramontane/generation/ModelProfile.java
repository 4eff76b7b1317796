package dev.tramontane.generation;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.model.SamplingDefaults;

/**
 * What a served model can be asked for.
 *
 * @param contextTokens prompt and answer together
 * @param chats whether conversations can be laid out for it
 * @param fills whether it has the tokens to fill a gap in a text
 * @param sampling what holds where a request says nothing
 * @param form in which it writes thoughts and tool calls
 */
public record ModelProfile(
        int contextTokens, boolean chats, boolean fills, SamplingDefaults sampling, AnswerStyle form) {

    /** Of a model that writes words only. */
    public ModelProfile(int contextTokens, boolean chats, boolean fills, SamplingDefaults sampling) {
        this(contextTokens, chats, fills, sampling, AnswerStyle.PLAIN);
    }
}
