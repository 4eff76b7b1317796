package dev.tramontane.answer;

import dev.tramontane.answer.JsonSpan.Step;
import org.jspecify.annotations.Nullable;

/**
 * One call as a name, possibly an id, and arguments in JSON, with control tokens between them; a model that leaves these out
 * is understood where a bracket follows the name. Where a bracket comes first, it is an array of calls after all.
 */
final class NamedCall implements CallReader {
    private static final int LONGEST_WORD = 256;

    private enum At {
        NAME,
        ID,
        ARGUMENTS
    }

    private final StringBuilder name = new StringBuilder();
    private final StringBuilder id = new StringBuilder();
    private final JsonSpan span = new JsonSpan();
    private At at = At.NAME;
    private boolean spans;
    private State state = State.OPEN;
    private @Nullable ArrayCalls array;

    @Override
    public State state() {
        return array == null ? state : array.state();
    }

    @Override
    public boolean isWithin() {
        return array == null ? state == State.OPEN : array.isWithin();
    }

    @Override
    public void control(String piece, CallSink sink) {
        if (piece.equals(CallStyle.ID) && at == At.NAME) {
            at = At.ID;
        } else if (piece.equals(CallStyle.ARGUMENTS) && at != At.ARGUMENTS) {
            begin(sink);
        }
    }

    @Override
    public int push(CharSequence text, int from, CallSink sink) {
        int next = from;
        while (next < text.length() && state() == State.OPEN) {
            if (array != null) {
                next = array.push(text, next, sink);
            } else if (at == At.ARGUMENTS) {
                next += argument(text.charAt(next), sink) ? 1 : 0;
            } else {
                next += word(text.charAt(next), sink) ? 1 : 0;
            }
        }
        return next;
    }

    /** Whether the character, of a name or an id, was taken. */
    private boolean word(char c, CallSink sink) {
        if (c == '{' || c == '[') {
            if (name.isEmpty()) {
                array = new ArrayCalls();
            } else {
                begin(sink);
            }
            return false;
        }
        StringBuilder word = at == At.NAME ? name : id;
        if (!ObjectCall.isBlank(c)) {
            word.append(c);
        }
        if (at == At.NAME ? !name.isEmpty() && !Tools.isName(name.toString()) : id.length() > LONGEST_WORD) {
            word.setLength(word.length() - 1);
            state = State.BROKEN;
        }
        return state != State.BROKEN;
    }

    private void begin(CallSink sink) {
        at = At.ARGUMENTS;
        if (name.isEmpty()) {
            state = State.BROKEN;
        } else {
            sink.begin(id.toString(), name.toString());
        }
    }

    private boolean argument(char c, CallSink sink) {
        if (!spans && ObjectCall.isBlank(c)) {
            return true;
        }
        spans = true;
        Step step = span.push(c);
        switch (step) {
            case INSIDE -> sink.text(String.valueOf(c));
            case LAST -> {
                sink.text(String.valueOf(c));
                state = State.DONE;
            }
            case BEHIND -> state = State.DONE;
            case BROKEN -> state = State.BROKEN;
        }
        return step == Step.INSIDE || step == Step.LAST;
    }
}
