package dev.tramontane.tokenizer;

/** Which two neighbouring symbols merge, into what, and in which order. Immutable once filled; then any thread. */
final class MergeTable {
    static final long NONE = LongTable.ABSENT;

    private final LongTable entries;

    /** @param capacity how many merges will probably be put */
    MergeTable(int capacity) {
        entries = new LongTable(capacity);
    }

    /** Adds a merge; false if that pair has one already, which stays. The lowest rank merges first. */
    boolean put(int left, int right, int rank, int id) {
        return entries.put(((long) left << 32) | right, ((long) rank << 32) | id);
    }

    /** What two neighbours make, as {@code rank << 32 | id}, or {@link #NONE}. */
    long get(int left, int right) {
        return entries.get(((long) left << 32) | right);
    }

    /**
     * Adds every merge that makes {@code piece} from two pieces, for vocabularies that merge whatever spells a piece
     * (SentencePiece's and tiktoken's).
     *
     * @param atCharacters whether pieces are divided between characters only, and not between any two bytes
     * @throws VocabularyException when there are more merges than are possible
     */
    void putDivisions(PieceTable symbols, byte[] piece, boolean atCharacters, int rank, int id) {
        symbols.divide(piece, atCharacters, (left, right) -> put(left, right, rank, id));
        if (entries.size() > VocabularyCheck.MOST_MERGES) {
            throw new VocabularyException("The pieces up to token " + id + " are made of others in " + entries.size()
                    + " ways; at most " + VocabularyCheck.MOST_MERGES + " are possible.");
        }
    }
}
