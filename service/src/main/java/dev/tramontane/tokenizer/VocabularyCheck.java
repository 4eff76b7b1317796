package dev.tramontane.tokenizer;

import dev.tramontane.tokenizer.split.PreTokenizers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** What must hold of a vocabulary before a tokenizer is built from it, however hostile the file. */
final class VocabularyCheck {
    static final int MOST_TOKENS = 1 << 20;
    static final int MOST_MERGES = 1 << 22;
    /** UTF-16 units; the longest piece of the vocabularies in use has a few hundred. */
    static final int LONGEST_PIECE = 1 << 14;
    /** The longest control string or user-defined token: bounds the work of looking for them in a text. */
    static final int LONGEST_SPECIAL = 512;

    private VocabularyCheck() {}

    /** What must hold before anything is copied. */
    static void checkSizes(Vocabulary vocabulary) {
        int size = vocabulary.pieces().size();
        if (size == 0 || size > MOST_TOKENS) {
            throw new VocabularyException(
                    "The vocabulary has " + size + " tokens; between 1 and " + MOST_TOKENS + " are possible.");
        }
        if (vocabulary.types().length != size) {
            throw new VocabularyException(
                    "The vocabulary has " + size + " tokens but " + vocabulary.types().length + " token types.");
        }
        if (vocabulary.merges().size() > MOST_MERGES) {
            throw new VocabularyException("The vocabulary has "
                    + vocabulary.merges().size() + " merges; at most " + MOST_MERGES + " are possible.");
        }
    }

    /** What must hold of the tokens of any kind of vocabulary. */
    static void checkTokens(Vocabulary vocabulary) {
        checkPieces(vocabulary);
        checkIds(vocabulary, vocabulary.pieces().size());
    }

    static void check(Vocabulary vocabulary) {
        int size = vocabulary.pieces().size();
        checkTokens(vocabulary);
        switch (vocabulary.kind()) {
            case BYTE_LEVEL_BPE -> checkByteLevel(vocabulary);
            case SENTENCEPIECE_BPE -> checkSentencePiece(vocabulary, size);
        }
    }

    private static void checkPieces(Vocabulary vocabulary) {
        List<String> pieces = vocabulary.pieces();
        Map<String, Integer> seen = HashMap.newHashMap(pieces.size());
        for (int id = 0; id < pieces.size(); id++) {
            String piece = pieces.get(id);
            if (piece == null || piece.isEmpty()) {
                throw new VocabularyException(
                        "Token " + id + " has no piece: the ids of a vocabulary may have no holes.");
            }
            int type = vocabulary.types()[id];
            if (type < TokenType.NORMAL || type > TokenType.BYTE) {
                throw new VocabularyException("Token " + id + " has type " + type + "; the types are 1 to 6.");
            }
            boolean special = type != TokenType.NORMAL && type != TokenType.UNUSED;
            int longest = special ? LONGEST_SPECIAL : LONGEST_PIECE;
            if (piece.length() > longest) {
                throw new VocabularyException("Token " + id + " has a piece of " + piece.length()
                        + " characters; at most " + longest + " are possible for its type.");
            }
            Integer other = seen.putIfAbsent(piece, id);
            if (other != null) {
                throw new VocabularyException(
                        "Tokens " + other + " and " + id + " have the same piece " + Quoted.of(piece) + ".");
            }
        }
    }

    private static void checkIds(Vocabulary vocabulary, int size) {
        checkId("bos", vocabulary.bos(), size);
        checkId("unknown", vocabulary.unknown(), size);
        for (int end : vocabulary.eosIds()) {
            checkId("eos", OptionalInt.of(end), size);
        }
        if (vocabulary.addBos() && vocabulary.bos().isEmpty()) {
            throw new VocabularyException("The vocabulary asks for a bos token in front of prompts but names none.");
        }
    }

    private static void checkId(String name, OptionalInt id, int size) {
        if (id.isPresent() && (id.getAsInt() < 0 || id.getAsInt() >= size)) {
            throw new VocabularyException(
                    "The " + name + " token " + id.getAsInt() + " is not in the vocabulary of " + size + " tokens.");
        }
    }

    private static void checkByteLevel(Vocabulary vocabulary) {
        if (PreTokenizers.named(vocabulary.preTokenizer()) == null) {
            throw new VocabularyException("The pre-tokenizer " + Quoted.of(vocabulary.preTokenizer())
                    + " is not known; known are " + PreTokenizers.names() + ".");
        }
    }

    private static void checkSentencePiece(Vocabulary vocabulary, int size) {
        if (!vocabulary.merges().isEmpty()) {
            throw new VocabularyException("A SentencePiece vocabulary merges by scores, but this one has "
                    + vocabulary.merges().size() + " merges; it may be a byte-level one.");
        }
        if (vocabulary.scores().length != size) {
            throw new VocabularyException(
                    "The vocabulary has " + size + " tokens but " + vocabulary.scores().length + " scores.");
        }
        for (int id = 0; id < size; id++) {
            if (Float.isNaN(vocabulary.scores()[id])) {
                throw new VocabularyException("Token " + id + " has a score that is not a number.");
            }
        }
    }
}
