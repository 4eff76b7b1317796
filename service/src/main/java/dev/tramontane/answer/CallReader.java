package dev.tramontane.answer;

/** Reads calls from where their mark ended. Belongs to one answer. */
interface CallReader {
    /** How far it is. */
    enum State {
        /** More is to come. */
        OPEN,
        /** The calls are over; what follows is something else. */
        DONE,
        /** What came is no call, and where one had begun, its end. */
        BROKEN
    }

    /**
     * Takes characters from there on.
     *
     * @return behind the last one taken
     */
    int push(CharSequence text, int from, CallSink sink);

    /** Takes a control token. */
    default void control(String piece, CallSink sink) {}

    State state();

    /** Whether the last call that has begun goes on. */
    default boolean isWithin() {
        return state() == State.OPEN;
    }
}
