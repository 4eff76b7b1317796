package dev.tramontane.answer;

/** Calls as a JSON array of objects; one object without an array is taken, too. */
final class ArrayCalls implements CallReader {
    private ObjectCall call = new ObjectCall(null);
    private boolean inArray;
    private boolean inCall;
    private State state = State.OPEN;

    @Override
    public State state() {
        return state;
    }

    @Override
    public boolean isWithin() {
        return inCall;
    }

    @Override
    public int push(CharSequence text, int from, CallSink sink) {
        int next = from;
        while (next < text.length() && state == State.OPEN) {
            if (inCall) {
                next = call.push(text, next, sink);
                ended();
            } else {
                next += between(text.charAt(next)) ? 1 : 0;
            }
        }
        return next;
    }

    private void ended() {
        switch (call.state()) {
            case OPEN -> {}
            case BROKEN -> state = State.BROKEN;
            case DONE -> {
                inCall = false;
                state = inArray ? State.OPEN : State.DONE;
            }
        }
    }

    /** Whether the character was taken. */
    private boolean between(char c) {
        switch (c) {
            case '{' -> {
                call = new ObjectCall(null);
                inCall = true;
                return false;
            }
            case '[' -> {
                state = inArray ? State.BROKEN : state;
                inArray = true;
            }
            case ']' -> state = inArray ? State.DONE : State.BROKEN;
            case ',' -> state = inArray ? state : State.BROKEN;
            default -> state = ObjectCall.isBlank(c) ? state : State.BROKEN;
        }
        return state != State.BROKEN;
    }
}
