package dev.tramontane.answer;

/**
 * Finds where a JSON value ends, character by character. Looks at brackets and quotes, not at what is between them. However deep it nests: masks have no
 * limit of depth either, and an answer has one of length.
 */
final class JsonSpan {
    /** What a character was. */
    enum Step {
        /** Of the value, which goes on. */
        INSIDE,
        /** The value's last. */
        LAST,
        /** Behind the value, which had ended. */
        BEHIND,
        /** No JSON. */
        BROKEN
    }

    /** The brackets that are to be closed, innermost last. */
    private final StringBuilder closers = new StringBuilder();

    private boolean begun;
    private boolean inText;
    private boolean escaped;

    Step push(char c) {
        if (inText) {
            return text(c);
        }
        if (closers.isEmpty()) {
            return begun ? scalar(c) : first(c);
        }
        switch (c) {
            case '"' -> inText = true;
            case '{' -> closers.append('}');
            case '[' -> closers.append(']');
            case '}', ']' -> {
                if (closers.charAt(closers.length() - 1) != c) {
                    return Step.BROKEN;
                }
                closers.setLength(closers.length() - 1);
            }
            default -> {}
        }
        return closers.isEmpty() ? Step.LAST : Step.INSIDE;
    }

    boolean hasBegun() {
        return begun;
    }

    /** Whether the next character is of a string. */
    boolean isInText() {
        return inText;
    }

    private Step first(char c) {
        begun = true;
        switch (c) {
            case '"' -> inText = true;
            case '{' -> closers.append('}');
            case '[' -> closers.append(']');
            default -> {
                return isScalar(c) ? Step.INSIDE : Step.BROKEN;
            }
        }
        return Step.INSIDE;
    }

    private Step text(char c) {
        if (escaped) {
            escaped = false;
        } else if (c == '\\') {
            escaped = true;
        } else if (c == '"') {
            inText = false;
            return closers.isEmpty() ? Step.LAST : Step.INSIDE;
        }
        return Step.INSIDE;
    }

    private static Step scalar(char c) {
        return isScalar(c) ? Step.INSIDE : Step.BEHIND;
    }

    /** Of a number, true, false or null. */
    private static boolean isScalar(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' || c == 'E';
    }
}
