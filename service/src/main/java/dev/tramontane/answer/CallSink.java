package dev.tramontane.answer;

import dev.tramontane.answer.AnswerPart.CallBegun;
import dev.tramontane.answer.AnswerPart.CallText;
import java.util.ArrayList;
import java.util.List;

/** Where calls go: numbers them, and joins what is written of one at a time. Belongs to one answer. */
final class CallSink {
    private final List<AnswerPart> parts = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private int begun;

    void begin(String id, String name) {
        flush();
        parts.add(new CallBegun(begun++, id, name));
    }

    void text(CharSequence more) {
        text.append(more);
    }

    /** How many calls have begun. */
    int begun() {
        return begun;
    }

    /** What has come since the last time. Half of a character waits for its other half. */
    void moveTo(List<AnswerPart> all) {
        flush();
        all.addAll(parts);
        parts.clear();
    }

    private void flush() {
        int whole = text.length();
        if (whole > 0 && Character.isHighSurrogate(text.charAt(whole - 1))) {
            whole--;
        }
        if (whole > 0) {
            parts.add(new CallText(begun - 1, text.substring(0, whole)));
            text.delete(0, whole);
        }
    }
}
