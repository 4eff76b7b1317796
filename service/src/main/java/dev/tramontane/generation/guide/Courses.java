package dev.tramontane.generation.guide;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallRules;
import dev.tramontane.answer.CallRules.Need;
import dev.tramontane.answer.CallStyle;
import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.answer.Tools;
import dev.tramontane.structure.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The course of one answer in a model's style: a thought, where it has thoughts, then words or calls. What a client says of calls holds of calls, and the
 * form that it asks for of words.
 *
 * @param control ids of control tokens by their spelling
 */
public record Courses(AnswerStyle style, Function<String, OptionalInt> control) {
    private static final Form BREAKS = new Form.Choice(List.of("", "\n", "\n\n"));
    private static final Form BLANK = new Form.Choice(List.of("", "\n", " "));
    private static final Form BETWEEN = new Form.Choice(List.of("", "\n"));

    /** A text that begins with something else than a brace. */
    private static final Form NO_OBJECT = new Form.Regex("[ \\n\\r\\t]*(?:[^{ \\n\\r\\t](?:.|\\n|\\r)*)?");

    /** Of a call, as Mistral's layouts want it. */
    private static final Form ID = new Form.Regex("[a-zA-Z0-9]{9}");

    /**
     * Whether an answer has a course to be held to: else it is free, or a text of the form from its first character on.
     *
     * @param form that was asked for
     */
    public boolean concern(boolean form, Tools tools, CallRules rules) {
        boolean calls = !tools.parameters().isEmpty();
        boolean elsewhere = style.thoughts() != null || (calls && style.calls() != null);
        return (calls && !rules.isFree()) || (form && elsewhere);
    }

    /**
     * Where the answer begins.
     *
     * @param form of words; null for any
     * @param thinking whether the prompt has opened a thought
     * @throws UnforcedException where this model's calls can't be held to that
     */
    public Part start(@Nullable Form form, Tools tools, CallRules rules, boolean thinking) {
        ThoughtStyle thoughts = style.thoughts();
        boolean spelled = thoughts != null && id(thoughts.open()).isEmpty();
        if (thoughts != null && spelled != id(thoughts.close()).isEmpty()) {
            throw new UnforcedException(
                    "tool_choice",
                    "Of the marks of this model's thoughts, " + thoughts.open() + " and " + thoughts.close()
                            + ", its vocabulary has only one as a control token, so nothing can be asked of what"
                            + " follows them.");
        }
        Part body = body(form, tools, rules, thoughts == null || !spelled ? null : thoughts, thinking);
        if (thoughts == null || spelled) {
            return body;
        }
        Part thought = Part.of(Part.Kind.TEXT).then(id(thoughts.close()).getAsInt(), body);
        int open = id(thoughts.open()).getAsInt();
        if (body.kind() == Part.Kind.WORDS) {
            body.then(open, thought);
        } else {
            body.instead(open, thought);
        }
        return thinking ? thought : body;
    }

    private OptionalInt id(String piece) {
        return control.apply(piece);
    }

    /** @param spelled thoughts that stand in the text before everything else */
    private Part body(
            @Nullable Form form, Tools tools, CallRules rules, @Nullable ThoughtStyle spelled, boolean thinking) {
        CallStyle calls = tools.parameters().isEmpty() ? null : style.calls();
        boolean must = rules.need() != Need.MAY;
        if (calls == null) {
            checkUnknown(tools, rules);
            return form == null
                    ? Part.of(Part.Kind.WORDS).mayEnd()
                    : Part.of(before(spelled, thinking, form)).mayEnd();
        }
        CallForms forms = CallForms.of(tools, rules);
        OptionalInt open = id(calls.open());
        if (open.isPresent() && calls != CallStyle.BARE) {
            Part first = opened(calls, open.getAsInt(), forms, rules.several());
            if (must) {
                return spelled == null
                        ? Part.of(Part.Kind.NOTHING).then(open.getAsInt(), first)
                        : Part.of(before(spelled, thinking, Form.text(""))).then(open.getAsInt(), first);
            }
            return form == null
                    ? Part.of(Part.Kind.WORDS).mayEnd().then(open.getAsInt(), first)
                    : Part.of(before(spelled, thinking, form)).mayEnd().instead(open.getAsInt(), first);
        }
        Form all = spelledCalls(calls, forms, rules.several());
        if (must) {
            return Part.of(before(spelled, thinking, all)).mayEnd();
        }
        Form words = form == null ? words(calls, spelled, open.isPresent(), all) : new Form.Any(List.of(form, all));
        return Part.of(before(spelled, thinking, words)).mayEnd();
    }

    private void checkUnknown(Tools tools, CallRules rules) {
        if (!tools.parameters().isEmpty()
                && (rules.need() != Need.MAY || !rules.strict().isEmpty())) {
            throw new UnforcedException(
                    rules.need() == Need.MAY ? "tools" : "tool_choice",
                    "How this model writes calls is not known, so none can be forced or held to a schema."
                            + " The server's operator can say it with --tool-parser.");
        }
    }

    /** A thought, perhaps, and what follows it. */
    private static Form before(@Nullable ThoughtStyle spelled, boolean thinking, Form rest) {
        if (spelled == null) {
            return rest;
        }
        Form inside = Form.sequence(
                new Form.Without(List.of(spelled.close())),
                Form.text(spelled.close()),
                spelled.framed() ? BREAKS : BETWEEN);
        return Form.sequence(thinking ? inside : Form.optional(Form.sequence(Form.text(spelled.open()), inside)), rest);
    }

    // ---- calls behind a control token

    private Part opened(CallStyle calls, int open, CallForms forms, boolean several) {
        return switch (calls) {
            case ARRAY ->
                Part.of(Form.sequence(new Form.Choice(List.of("", " ")), array(forms, several)))
                        .mayEnd();
            case NAMED -> named(open, forms, several);
            case OBJECT -> surrounded(calls, open, forms.object("arguments"), several);
            case TAGGED -> surrounded(calls, open, forms.tagged(), several);
            case BARE -> throw new IllegalStateException("a bare object needs no mark");
        };
    }

    private static Form array(CallForms forms, boolean several) {
        Form call = forms.object("arguments");
        Form more = new Form.Repeat(Form.sequence(Form.text(", "), call));
        return several
                ? Form.sequence(Form.text("["), call, more, Form.text("]"))
                : Form.sequence(Form.text("["), call, Form.text("]"));
    }

    private Part named(int open, CallForms forms, boolean several) {
        OptionalInt arguments = id(CallStyle.ARGUMENTS);
        if (arguments.isEmpty()) {
            throw new UnforcedException(
                    "tool_choice", "This model's vocabulary has no control token " + CallStyle.ARGUMENTS + ".");
        }
        OptionalInt idMark = id(CallStyle.ID);
        Part name = Part.of(new Form.Choice(forms.names()));
        forms.callable().forEach(tool -> {
            Part value = Part.of(tool.arguments()).mayEnd();
            name.after(tool.name(), arguments.getAsInt(), value);
            if (idMark.isPresent()) {
                name.after(tool.name(), idMark.getAsInt(), Part.of(ID).then(arguments.getAsInt(), value));
            }
            if (several) {
                value.then(open, name);
            }
        });
        return name;
    }

    private Part surrounded(CallStyle calls, int open, Form inside, boolean several) {
        Form call = Form.sequence(BLANK, inside, BLANK);
        OptionalInt close = id(calls.close());
        Part behind = close.isPresent()
                ? Part.of(BETWEEN).mayEnd()
                : Part.of(Form.sequence(call, Form.text(calls.close()), BETWEEN))
                        .mayEnd();
        Part first = close.isPresent() ? Part.of(call).then(close.getAsInt(), behind) : behind;
        if (several) {
            behind.then(open, first);
        }
        return first;
    }

    // ---- calls that are text from beginning to end

    private static Form spelledCalls(CallStyle calls, CallForms forms, boolean several) {
        Form call = switch (calls) {
            case ARRAY ->
                Form.sequence(Form.text(calls.open()), new Form.Choice(List.of("", " ")), array(forms, several));
            case OBJECT -> surrounded(calls, forms.object("arguments"));
            case TAGGED -> surrounded(calls, forms.tagged());
            case BARE -> forms.object("parameters");
            case NAMED ->
                throw new UnforcedException(
                        "tool_choice", "This model's vocabulary has no control token " + calls.open() + ".");
        };
        if (!several || calls == CallStyle.ARRAY) {
            return call;
        }
        Form between = calls == CallStyle.BARE ? Form.text("; ") : BETWEEN;
        return Form.sequence(call, new Form.Repeat(Form.sequence(between, call)));
    }

    /** @param control whether the mark of a call is a control token, which no text has in it */
    private static Form words(CallStyle calls, @Nullable ThoughtStyle spelled, boolean control, Form all) {
        if (calls == CallStyle.BARE) {
            return new Form.Any(List.of(control ? NO_OBJECT : noObject(calls.open()), all));
        }
        List<String> marks = new ArrayList<>(List.of(calls.open()));
        if (spelled != null) {
            marks.add(spelled.open());
        }
        return Form.sequence(new Form.Without(marks), Form.optional(all));
    }

    /** The same without a mark that begins with {@code <|}, which is how the text doesn't begin either. */
    private static Form noObject(String mark) {
        Form rest = new Form.Without(List.of(mark));
        return Form.sequence(
                new Form.Regex("[ \\n\\r\\t]*"),
                new Form.Any(List.of(
                        Form.text(""),
                        Form.sequence(new Form.Regex("[^{< \\n\\r\\t]"), rest),
                        Form.sequence(
                                new Form.Regex("<+"), Form.optional(Form.sequence(new Form.Regex("[^<|]"), rest))))));
    }

    private static Form surrounded(CallStyle calls, Form inside) {
        return Form.sequence(Form.text(calls.open()), BLANK, inside, BLANK, Form.text(calls.close()));
    }
}
