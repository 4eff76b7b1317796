package dev.tramontane.chat;

import dev.tramontane.answer.ThoughtStyle;
import java.util.List;

/** Whether an answer begins within a thought that its prompt opened. */
final class OpenThought {
    private OpenThought() {}

    /**
     * Goes by marks that the layout wrote, since words can spell them; but those of a message that is continued count, too:
     * the model goes on behind them, whoever wrote them.
     */
    static boolean in(List<ChatPrompt.Piece> pieces, ThoughtStyle style) {
        boolean open = false;
        for (int i = 0; i < pieces.size(); i++) {
            switch (pieces.get(i)) {
                case ChatPrompt.Control control -> open = control.text().equals(style.open());
                case ChatPrompt.Whole words -> {} // Of the thought, or beside any.
                case ChatPrompt.Stretch(String text, boolean trusted) -> {
                    boolean last = i == pieces.size() - 1;
                    int begins = text.lastIndexOf(style.open());
                    int ends = text.lastIndexOf(style.close());
                    if (trusted) {
                        boolean goesOn = open && ends < 0 && text.isBlank();
                        boolean opens = begins > ends
                                && text.substring(begins + style.open().length())
                                        .isBlank();
                        open = goesOn || opens;
                    } else if (last && begins != ends) {
                        open = begins > ends;
                    }
                }
            }
        }
        return open;
    }
}
