package dev.tramontane.generation.guide;

import dev.tramontane.structure.Form;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A part of an answer: what its text may be, which control tokens lead on from it, and whether the answer may end with it. */
public final class Part {
    /** What a part's text may be. */
    public enum Kind {
        /** There is none. */
        NOTHING,
        /** Anything, control tokens that mark nothing among it, as if there were no guide. */
        WORDS,
        /** Anything but control tokens. */
        TEXT,
        /** A text of a form. */
        FORM
    }

    /** When a control token may be drawn. */
    public enum When {
        /** Where the text is complete. */
        COMPLETE,
        /** Before any text. */
        FIRST
    }

    /**
     * A control token that leads to another part.
     *
     * @param text of this part that it stands behind; null for any
     */
    public record Exit(
            int token, Part to, When when, @Nullable String text) {}

    private final Kind kind;
    private final @Nullable Form form;
    private final List<Exit> exits = new ArrayList<>();
    private boolean last;

    private Part(Kind kind, @Nullable Form form) {
        this.kind = kind;
        this.form = form;
    }

    public static Part of(Kind kind) {
        return new Part(kind, null);
    }

    public static Part of(Form form) {
        return new Part(Kind.FORM, form);
    }

    /** The answer may end where its text is complete. */
    public Part mayEnd() {
        last = true;
        return this;
    }

    /** That token leads on where its text is complete. */
    public Part then(int token, Part to) {
        exits.add(new Exit(token, to, When.COMPLETE, null));
        return this;
    }

    /** That token leads on instead of any text. */
    public Part instead(int token, Part to) {
        exits.add(new Exit(token, to, When.FIRST, null));
        return this;
    }

    /** That token leads on behind that text. */
    public Part after(String text, int token, Part to) {
        exits.add(new Exit(token, to, When.COMPLETE, text));
        return this;
    }

    /** This part and all that may follow it. */
    public Set<Part> all() {
        Set<Part> found = new LinkedHashSet<>();
        Deque<Part> open = new ArrayDeque<>(List.of(this));
        while (!open.isEmpty()) {
            Part next = open.remove();
            if (found.add(next)) {
                next.exits.forEach(exit -> open.add(exit.to()));
            }
        }
        return found;
    }

    /** Of its text; null where that has none. */
    public @Nullable Form form() {
        return form;
    }

    Kind kind() {
        return kind;
    }

    List<Exit> exits() {
        return exits;
    }

    boolean last() {
        return last;
    }
}
