package dev.tramontane.chat;

import java.util.List;

/** A rendered conversation: stretches of text in order, each written by the template or taken from the messages. */
public record ChatPrompt(List<Piece> pieces) {

    /** @param fromTemplate whether control strings inside count as control tokens */
    public record Piece(String text, boolean fromTemplate) {}

    public ChatPrompt {
        pieces = List.copyOf(pieces);
    }

    /** The whole text. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Piece piece : pieces) {
            text.append(piece.text());
        }
        return text.toString();
    }
}
