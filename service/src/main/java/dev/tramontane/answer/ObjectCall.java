package dev.tramontane.answer;

import dev.tramontane.answer.JsonSpan.Step;
import org.jspecify.annotations.Nullable;

/**
 * One call as a JSON object: {@code name} and {@code arguments} (or {@code parameters}) in any order, possibly inside a
 * {@code function}. It begins once its name is known; arguments that came before wait for it. Arguments that are a string
 * hold the JSON; that there are none is an empty object.
 */
final class ObjectCall implements CallReader {
    private enum At {
        OBJECT,
        KEY,
        KEY_TEXT,
        COLON,
        VALUE,
        NAME,
        ID,
        ARGUMENTS,
        QUOTED_ARGUMENTS,
        OTHER,
        COMMA
    }

    private static final int LONGEST_NAME = 256;
    private static final String NOTHING = "{}";

    private final @Nullable Tools strictly;
    private final StringBuilder key = new StringBuilder();
    private final StringBuilder name = new StringBuilder();
    private final StringBuilder id = new StringBuilder();

    /** Not told yet. */
    private final StringBuilder arguments = new StringBuilder();

    private At at = At.OBJECT;
    private State state = State.OPEN;
    private JsonSpan span = new JsonSpan();
    private JsonText string = new JsonText(key);
    private boolean nested;
    private boolean named;
    private boolean argued;
    private boolean begun;
    private boolean told;

    /** @param strictly null, or the only tools that may be called: an object that names no other is no call, nor one without arguments */
    ObjectCall(@Nullable Tools strictly) {
        this.strictly = strictly;
    }

    @Override
    public State state() {
        return state;
    }

    @Override
    public int push(CharSequence text, int from, CallSink sink) {
        int next = from;
        while (next < text.length() && state == State.OPEN) {
            boolean taken = push(text.charAt(next));
            next += taken && state != State.BROKEN ? 1 : 0; // What breaks it is none of it.
            begin(sink); // At once, so that it has the id that came before, however the text is cut.
        }
        tell(sink);
        return next;
    }

    /** Whether the character was taken; otherwise it is looked at again. */
    private boolean push(char c) {
        return switch (at) {
            case OBJECT -> expect(c, '{', At.KEY);
            case KEY -> key(c);
            case KEY_TEXT -> keyText(c);
            case COLON -> expect(c, ':', At.VALUE);
            case VALUE -> value(c);
            case NAME -> text(c, name, true);
            case ID -> text(c, id, false);
            case QUOTED_ARGUMENTS -> quotedArguments(c);
            case ARGUMENTS, OTHER -> spanned(c);
            case COMMA -> comma(c);
        };
    }

    private boolean expect(char c, char wanted, At then) {
        if (c == wanted) {
            at = then;
        } else if (!isBlank(c)) {
            state = State.BROKEN;
        }
        return true;
    }

    private boolean key(char c) {
        if (c == '"') {
            key.setLength(0);
            string = new JsonText(key);
            at = At.KEY_TEXT;
        } else if (c == '}') {
            close();
        } else if (!isBlank(c)) {
            state = State.BROKEN;
        }
        return true;
    }

    private boolean keyText(char c) {
        if (string.push(c)) {
            at = At.COLON;
        } else if (string.isBroken() || key.length() > LONGEST_NAME) {
            state = State.BROKEN;
        }
        return true;
    }

    private boolean value(char c) {
        if (isBlank(c)) {
            return true;
        }
        String field = key.toString();
        switch (field) {
            case "name", "function" -> {
                if (c == '"' && !named) {
                    string = new JsonText(name);
                    at = At.NAME;
                    return true;
                }
                if (c == '{' && field.equals("function") && !nested) {
                    nested = true;
                    at = At.KEY;
                    return true;
                }
                state = State.BROKEN;
                return true;
            }
            case "id" -> {
                if (c == '"' && id.isEmpty()) {
                    string = new JsonText(id);
                    at = At.ID;
                    return true;
                }
            }
            case "arguments", "parameters" -> {
                if (argued) {
                    state = State.BROKEN;
                    return true;
                }
                argued = true;
                if (c == '"') {
                    string = new JsonText(arguments);
                    at = At.QUOTED_ARGUMENTS;
                    return true;
                }
                span = new JsonSpan();
                at = At.ARGUMENTS;
                return false;
            }
            case "type" -> {}
            default -> {
                if (strictly != null) { // Another kind of answer, whose reader should not wait for its end.
                    state = State.BROKEN;
                    return true;
                }
            }
        }
        span = new JsonSpan();
        at = At.OTHER;
        return false;
    }

    private boolean text(char c, StringBuilder text, boolean isName) {
        if (string.push(c)) {
            named |= isName;
            at = At.COMMA;
            state = isName && !mayBeCalled(name.toString()) ? State.BROKEN : state;
        } else if (string.isBroken() || text.length() > LONGEST_NAME) {
            state = State.BROKEN;
        }
        return true;
    }

    private boolean mayBeCalled(String tool) {
        return strictly == null ? Tools.isName(tool) : strictly.has(tool);
    }

    private boolean quotedArguments(char c) {
        if (string.push(c)) {
            at = At.COMMA;
        } else if (string.isBroken()) {
            state = State.BROKEN;
        }
        return true;
    }

    private boolean spanned(char c) {
        Step step = span.push(c);
        if (step == Step.BROKEN) {
            state = State.BROKEN;
            return true;
        }
        boolean taken = step != Step.BEHIND;
        if (taken && at == At.ARGUMENTS) {
            arguments.append(c);
        }
        if (step == Step.LAST || step == Step.BEHIND) {
            if (at == At.ARGUMENTS && arguments.toString().equals("null")) {
                arguments.setLength(0);
                arguments.append(NOTHING);
            }
            at = At.COMMA;
        }
        return taken;
    }

    private boolean comma(char c) {
        if (c == ',') {
            at = At.KEY;
        } else if (c == '}') {
            close();
        } else if (!isBlank(c)) {
            state = State.BROKEN;
        }
        return true;
    }

    private void close() {
        if (nested) {
            nested = false;
            at = At.COMMA;
            return;
        }
        if (!argued && strictly == null) {
            arguments.append(NOTHING);
        }
        state = named && (argued || strictly == null) ? State.DONE : State.BROKEN;
    }

    private void begin(CallSink sink) {
        if (!begun && state != State.BROKEN && isCall()) {
            begun = true;
            sink.begin(id.toString(), name.toString());
        }
    }

    private void tell(CallSink sink) {
        // A scalar waits for its end: that of null is none.
        if (begun && (at != At.ARGUMENTS || startsOpen())) {
            told |= !arguments.isEmpty();
            sink.text(arguments);
            arguments.setLength(0);
        }
    }

    private boolean startsOpen() {
        return told || (!arguments.isEmpty() && (arguments.charAt(0) == '{' || arguments.charAt(0) == '['));
    }

    private boolean isCall() {
        if (!named || !Tools.isName(name.toString())) {
            return false;
        }
        return strictly == null || (argued && strictly.has(name.toString()));
    }

    static boolean isBlank(char c) {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }
}
