package dev.tramontane.engine;

/** Another way to guess tokens. Engine thread only. */
interface Drafter {
    /**
     * Guesses what follows a sequence.
     *
     * @param tokens takes the guesses, from its beginning
     * @param most that are wanted
     * @return how many there are
     */
    int guess(Sequence sequence, int[] tokens, int most);
}
