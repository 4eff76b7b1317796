package dev.tramontane.answer;

import java.util.List;
import java.util.function.Predicate;

/** A {@link ThoughtStyle} in a vocabulary. */
record Thoughts(Mark open, Mark close, boolean framed) {
    static Thoughts of(ThoughtStyle style, Predicate<String> control) {
        return new Thoughts(
                new Mark(style.open(), control.test(style.open())),
                new Mark(style.close(), control.test(style.close())),
                style.framed());
    }

    /** What ends a thought in the text. */
    List<Mark> ends() {
        return close.control() ? List.of() : List.of(close);
    }
}
