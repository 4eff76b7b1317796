package dev.tramontane.chat;

import dev.tramontane.answer.ThoughtStyle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A conversation laid out: what its tokens are made of, in order. */
public record ChatPrompt(List<Piece> pieces) {

    /** What becomes one or more tokens. */
    public sealed interface Piece {
        /** The text itself, or the control token's spelling. */
        String text();
    }

    /**
     * A stretch of a template's rendering, written by the template or taken from the messages. Neighbouring stretches
     * are encoded as one text: a border between two of them is no border between tokens.
     *
     * @param trusted whether the template wrote it, so that control strings inside count as control tokens; a client's words are
     *     untrusted
     */
    public record Stretch(String text, boolean trusted) implements Piece {}

    /** A text that is encoded by itself, whatever stands beside it. Control strings in it are text. */
    public record Whole(String text) implements Piece {}

    /** One control token, by its spelling in the vocabulary. */
    public record Control(String text) implements Piece {}

    public ChatPrompt {
        pieces = List.copyOf(pieces);
    }

    /**
     * Whether an answer begins within a thought that the prompt opened.
     *
     * @param style of the model's thoughts, or null for none
     */
    public boolean opensThought(@Nullable ThoughtStyle style) {
        return style != null && OpenThought.in(pieces, style);
    }

    /** The whole text, control tokens spelled out, for people. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Piece piece : pieces) {
            text.append(piece.text());
        }
        return text.toString();
    }
}
