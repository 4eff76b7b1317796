package dev.tramontane.generation.guide;

import dev.tramontane.engine.Guide;
import dev.tramontane.engine.MaskWork;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is held to a course: at each place the tokens of its part's text, the control tokens that lead on, and ends where it may end.
 * The engine's own, as every guide.
 */
public final class CourseGuide implements Guide {
    private final Course course;
    private Part part;
    private @Nullable Guide text;
    private boolean begun;

    /** Half a character would become part of what follows. */
    private final Characters characters = new Characters();

    /** The text of a part that leads on behind some texts only: tools' names, which have a limit. */
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    CourseGuide(Course course) {
        this.course = course;
        this.part = course.start();
        this.text = course.text(part);
    }

    @Override
    public @Nullable Guide fork() {
        Guide ahead = text == null ? null : text.fork();
        if (text != null && ahead == null) {
            return null;
        }
        CourseGuide fork = new CourseGuide(course);
        fork.part = part;
        fork.text = ahead;
        fork.begun = begun;
        fork.characters.follow(characters);
        fork.said.writeBytes(said.toByteArray());
        return fork;
    }

    @Override
    public boolean mask(long[] words, MaskWork work) {
        switch (part.kind()) {
            case NOTHING -> Arrays.fill(words, 0);
            case WORDS -> course.tokens().writeAll(words);
            case TEXT -> course.tokens().writeTexts(words);
            case FORM -> {
                if (!Objects.requireNonNull(text).mask(words, work)) {
                    return false;
                }
            }
        }
        for (Part.Exit exit : part.exits()) {
            words[exit.token() >> 6] &= ~(1L << exit.token());
        }
        for (Part.Exit exit : part.exits()) {
            if (leadsOn(exit)) {
                words[exit.token() >> 6] |= 1L << exit.token();
            }
        }
        if (isComplete()) {
            for (int end : course.ends()) {
                words[end >> 6] |= 1L << end;
            }
        }
        return true;
    }

    @Override
    public boolean accept(int token) {
        for (Part.Exit exit : part.exits()) {
            if (exit.token() == token && leadsOn(exit)) {
                enter(exit.to());
                return true;
            }
        }
        boolean fits = part.exits().stream().noneMatch(exit -> exit.token() == token)
                && switch (part.kind()) {
                    case NOTHING -> false;
                    case WORDS -> true;
                    case TEXT -> !course.tokens().isSilent(token);
                    case FORM -> Objects.requireNonNull(text).accept(token);
                };
        if (fits) {
            begun = true;
            characters.push(course.tokens().bytes(token));
            if (part.exits().stream().anyMatch(exit -> exit.text() != null)) {
                said.writeBytes(course.tokens().bytes(token));
            }
        }
        return fits;
    }

    private void enter(Part next) {
        part = next;
        text = course.text(next);
        begun = false;
        characters.reset();
        said.reset();
    }

    private boolean leadsOn(Part.Exit exit) {
        if (exit.when() == Part.When.FIRST) {
            return !begun;
        }
        return isWhole() && (exit.text() == null || exit.text().equals(said.toString(StandardCharsets.UTF_8)));
    }

    /** Whether the part's text is complete. */
    private boolean isWhole() {
        return text == null ? characters.areWhole() : text.isComplete();
    }

    @Override
    public boolean isComplete() {
        return part.last() && (text == null || text.isComplete());
    }

    @Override
    public boolean isFinished() {
        boolean more = part.kind() == Part.Kind.WORDS || part.kind() == Part.Kind.TEXT;
        return isComplete()
                && !more
                && (text == null || text.isFinished())
                && part.exits().stream().noneMatch(this::leadsOn);
    }
}
