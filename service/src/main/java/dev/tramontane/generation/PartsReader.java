package dev.tramontane.generation;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.answer.AnswerReader;
import java.util.List;

/** Lets a reader of answers see text, and the control tokens in it where they stand. Not thread-safe. */
final class PartsReader {
    /** A control token, and how many code points of the answer stand before it. */
    record Control(int id, int start) {}

    private final AnswerReader reader;
    private final TokenTexts texts;
    private final boolean shown;

    /** @param shown whether control tokens appear in the text by their spelling */
    PartsReader(AnswerReader reader, TokenTexts texts, boolean shown) {
        this.reader = reader;
        this.texts = texts;
        this.shown = shown;
    }

    /** Before all: a thought has begun. */
    void openThought() {
        reader.openThought();
    }

    /**
     * Reads on.
     *
     * @param start code points before the text
     * @param controls in it or at its ends, in order
     * @param parts gets what is known by now
     */
    void read(String text, int start, List<Control> controls, List<AnswerPart> parts) {
        int at = 0;
        for (Control control : controls) {
            int most = text.codePointCount(0, text.length());
            int to = text.offsetByCodePoints(0, Math.clamp(control.start() - start, 0, most));
            reader.text(text.substring(at, Math.max(at, to)), parts);
            at = Math.max(at, to);
            String piece = texts.piece(control.id());
            reader.control(piece, parts);
            if (shown && text.startsWith(piece, at)) {
                at += piece.length(); // Its spelling is no text besides.
            }
        }
        reader.text(text.substring(at), parts);
    }

    /** Whether a call has begun that is not whole. */
    boolean isCalling() {
        return reader.isCalling();
    }

    /** The answer is over. */
    void finish(List<AnswerPart> parts) {
        reader.finish(parts);
    }
}
