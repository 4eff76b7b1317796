package dev.tramontane.api.tgi;

import dev.tramontane.generation.GenerationEvent.Token;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A token and its share of the text: shares joined are the text, though a character may have several tokens, which one of them has.
 *
 * @param token null for text that no token is left to tell
 */
record TokenShare(@Nullable Token token, String text) {

    /**
     * The tokens of a stretch of text.
     *
     * @param before code points of the answer before the stretch
     */
    static List<TokenShare> of(List<Token> tokens, String text, int before) {
        List<TokenShare> shares = new ArrayList<>(tokens.size());
        int length = text.codePointCount(0, text.length());
        int from = 0;
        int at = 0;
        for (int i = 0; i < tokens.size(); i++) {
            int end = i + 1 == tokens.size()
                    ? length
                    : Math.clamp(tokens.get(i + 1).start() - before, at, length);
            int to = text.offsetByCodePoints(from, end - at);
            shares.add(new TokenShare(tokens.get(i), text.substring(from, to)));
            from = to;
            at = end;
        }
        return shares;
    }

    TokenShare with(String more) {
        return new TokenShare(token, text + more);
    }
}
