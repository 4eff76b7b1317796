package dev.tramontane.answer;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A {@link CallStyle} in a vocabulary, for a request's tools. Without either no calls are looked for. */
record Calls(@Nullable CallStyle style, Tools tools, Mark open, Mark close) {
    static Calls of(@Nullable CallStyle style, Tools tools, Predicate<String> control) {
        String open = style == null ? "" : style.open();
        String close = style == null ? "" : style.close();
        return new Calls(
                tools.isEmpty() ? null : style,
                tools,
                new Mark(open, control.test(open)),
                new Mark(close, control.test(close)));
    }

    /** Whether an answer that begins like a call is one. */
    boolean isBare() {
        return style == CallStyle.BARE;
    }

    /** Whether that control token begins calls. */
    boolean opens(String piece) {
        return style != null && open.is(piece);
    }

    /** What begins calls in the text. */
    List<Mark> opens() {
        return style == null || open.control() ? List.of() : List.of(open);
    }

    /** What ends a call in the text. */
    List<Mark> closes() {
        return style == null || close.control() || close.text().isEmpty() ? List.of() : List.of(close);
    }

    CallReader reader() {
        return switch (style) {
            case ARRAY -> new ArrayCalls();
            case NAMED -> new NamedCall();
            case TAGGED -> new TaggedCall(tools);
            case BARE -> new ObjectCall(tools);
            case OBJECT -> new ObjectCall(null);
            case null -> throw new IllegalStateException("no calls are looked for");
        };
    }
}
