package dev.tramontane.api.ollama;

import dev.tramontane.generation.GenerationEvent.Token;
import java.util.List;

/** What one object adds to an answer. */
record Piece(String words, String thoughts, List<ToldCall> calls, List<Token> tokens) {
    static final Piece NOTHING = new Piece("", "", List.of(), List.of());

    Piece {
        calls = List.copyOf(calls);
        tokens = List.copyOf(tokens);
    }

    /** Whether it says nothing; there may be tokens that do so. */
    boolean isEmpty() {
        return words.isEmpty() && thoughts.isEmpty() && calls.isEmpty();
    }
}
