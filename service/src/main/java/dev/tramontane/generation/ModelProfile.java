package dev.tramontane.generation;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.NoLayout;
import dev.tramontane.model.SamplingDefaults;
import dev.tramontane.tokenizer.Tokenizer;

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

    /** What follows from a model's files and the context that it is served with. */
    public static ModelProfile of(
            int contextTokens, Tokenizer tokenizer, ChatLayout layout, SamplingDefaults sampling) {
        return new ModelProfile(
                contextTokens,
                !(layout instanceof NoLayout),
                new InfillLayout(tokenizer).exists(),
                sampling,
                layout.form());
    }
}
