package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.weights.ModelFileException;
import java.util.List;

/**
 * Tokens for which the embedding has no row: added to a tokenizer ({@code [PAD]}, mostly) whose model was not made
 * larger. The model never reads nor writes them, so they do no harm as long as no text needs them.
 */
final class SurplusTokens {
    /** Types of GGUF that text is made of; the others are added, reserved or unused. */
    private static final int NORMAL = 1;

    private static final int BYTE = 6;
    private static final int MOST_NAMED = 4;

    private SurplusTokens() {}

    /**
     * Refuses a tokenizer that needs more rows than there are.
     *
     * @param rows of the embedding
     * @param file that the tokenizer is from
     */
    static void check(Tokenizer tokenizer, int rows, String file) {
        for (int id = rows; id < tokenizer.size(); id++) {
            int type = tokenizer.vocabulary().types()[id];
            if (type == NORMAL || type == BYTE) {
                throw fault(
                        file,
                        "the tokenizer has " + tokenizer.size() + " tokens",
                        "at most as many as the embedding has rows: " + rows);
            }
        }
        if (tokenizer.addsBos() && tokenizer.bos().orElse(0) >= rows) {
            throw fault(
                    file,
                    "prompts begin with the token " + tokenizer.bos().getAsInt() + " ("
                            + quoted(tokenizer.piece(tokenizer.bos().getAsInt())) + ")",
                    "one of the " + rows + " that the embedding has rows for");
        }
    }

    private static ModelFileException fault(String file, String found, String expected) {
        return ModelFileException.in(file, found)
                .expected(expected)
                .advice("take tokenizer and weights from one place");
    }

    /** One sentence, if there are any. */
    static List<String> warnings(Tokenizer tokenizer, int rows) {
        int count = tokenizer.size() - rows;
        if (count <= 0) {
            return List.of();
        }
        StringBuilder names = new StringBuilder();
        for (int i = 0; i < Math.min(count, MOST_NAMED); i++) {
            names.append(i == 0 ? "" : ", ").append(quoted(tokenizer.piece(rows + i)));
        }
        return List.of("the tokenizer has " + count + (count == 1 ? " token" : " tokens")
                + " more than the embedding has rows (" + names + (count > MOST_NAMED ? ", ..." : "")
                + "); the model never produces them, and prompts that hold them are refused");
    }
}
