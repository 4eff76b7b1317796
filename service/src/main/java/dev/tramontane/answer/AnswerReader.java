package dev.tramontane.answer;

import dev.tramontane.answer.AnswerPart.Thought;
import dev.tramontane.answer.AnswerPart.Words;
import dev.tramontane.answer.MarkFinder.Found;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tells the parts of one answer apart as it comes, however its text is cut into pieces. Marks that the vocabulary has as
 * control tokens count only as these, and wherever they stand. Of others, those of calls count wherever the text spells them, and that of
 * a thought where the answer begins: later it may be part of a text that the answer quotes. What may still become a mark is held back, and
 * a call is as long as its name is not known; what turns out to be no call after all is words. Belongs to one answer.
 *
 * <p>What it says of thoughts is all that is known of them: budgets and usage count by it.
 */
public final class AnswerReader {
    private enum Mode {
        /** Nothing but blanks has come where a call without a mark may begin, or a thought whose mark is text. */
        START,
        WORDS,
        THOUGHT,
        CALL
    }

    private final Calls calls;
    private final @Nullable Thoughts thoughts;
    private final List<Mark> inWords;
    private final List<Mark> behindCall;
    private final CallSink sink = new CallSink();
    private final StringBuilder held = new StringBuilder();

    /** Blanks that are words only if words follow them. */
    private final StringBuilder gap = new StringBuilder();

    /** What a call took: words, if none begins. */
    private final StringBuilder taken = new StringBuilder();

    private Mode mode;
    private @Nullable CallReader call;
    private int begunBefore;
    private boolean afterCall;

    /** Behind a mark to which the line breaks that follow belong. */
    private boolean framed;

    /** Whether the text may yet begin with a thought's mark. */
    private boolean mayThink;

    /** Characters of text so far, and those before the mark in it that ended the last thought. */
    private long takenCharacters;

    private long thoughtEnd;

    AnswerReader(AnswerStyle form, Tools tools, Predicate<String> control) {
        calls = Calls.of(form.calls(), tools, control);
        thoughts = form.thoughts() == null ? null : Thoughts.of(form.thoughts(), control);
        inWords = new ArrayList<>(calls.opens());
        mayThink = thoughts != null && !thoughts.open().control();
        behindCall = new ArrayList<>(inWords);
        behindCall.addAll(calls.closes());
        mode = start();
    }

    private Mode start() {
        return calls.isBare() || mayThink ? Mode.START : Mode.WORDS;
    }

    /** Whether what comes next is of a thought, as long as no mark of it is complete. */
    public boolean isThinking() {
        return mode == Mode.THOUGHT;
    }

    /** Whether text may still begin a thought. */
    public boolean mayBeginWithThought() {
        return mayThink;
    }

    /** Whether that control token begins thoughts. */
    public boolean opensThought(String piece) {
        return thoughts != null && thoughts.open().is(piece);
    }

    /** Where the last thought was ended by a mark in the text: characters of text before that mark. */
    public long thoughtEnd() {
        return thoughtEnd;
    }

    /** Whether a call has begun that is not whole. */
    public boolean isCalling() {
        return call != null && sink.begun() > begunBefore && call.isWithin();
    }

    /** Before the first token: the prompt has opened a thought. */
    public void openThought() {
        think();
    }

    /** Takes text. */
    public void text(String more, List<AnswerPart> parts) {
        held.append(more);
        takenCharacters += more.length();
        boolean again = true;
        while (again && !held.isEmpty()) {
            again = switch (mode) {
                case START -> beginning();
                case WORDS -> search(afterCall ? behindCall : inWords, parts);
                case THOUGHT -> search(thoughts == null ? List.of() : thoughts.ends(), parts);
                case CALL -> call(parts);
            };
        }
    }

    /** Takes a control token. */
    public void control(String piece, List<AnswerPart> parts) {
        boolean thinks = opensThought(piece);
        boolean ends = thoughts != null && thoughts.close().is(piece);
        boolean opens = calls.opens(piece);
        if (call != null && !thinks && !opens) {
            call.control(piece, sink);
            told(parts);
            return;
        }
        settle(parts);
        if (thinks) {
            think();
        } else if (opens) {
            begin("");
        } else if (ends && mode == Mode.THOUGHT) {
            endThought();
        }
    }

    /** The answer is over. */
    public void finish(List<AnswerPart> parts) {
        settle(parts);
        if (mode == Mode.START && !afterCall && !framed) {
            words("", parts);
        }
    }

    /** What is held back becomes what it is, since nothing follows that makes it something else. */
    private void settle(List<AnswerPart> parts) {
        if (call != null) {
            endCall(parts);
        }
        String rest = held.toString();
        held.setLength(0);
        if (!rest.isEmpty()) {
            if (mode == Mode.START) { // It could have become a mark.
                mayThink = false;
                mode = Mode.WORDS;
            }
            say(rest, parts);
        }
    }

    /** Where an answer may be a call without a mark, or begin with a thought. */
    private boolean beginning() {
        int at = 0;
        while (at < held.length() && (ObjectCall.isBlank(held.charAt(at)) || (afterCall && held.charAt(at) == ';'))) {
            at++;
        }
        gap.append(held, 0, at);
        held.delete(0, at);
        if (held.isEmpty()) {
            return true;
        }
        if (mayThink && thoughts != null) {
            String mark = thoughts.open().text();
            if (held.indexOf(mark) == 0) {
                held.delete(0, mark.length());
                think();
                return true;
            }
            if (mark.startsWith(held.toString())) {
                return false;
            }
        }
        mayThink = false;
        if (calls.isBare() && held.charAt(0) == '{') {
            begin("");
        } else {
            mode = Mode.WORDS;
        }
        return true;
    }

    private boolean search(List<Mark> marks, List<AnswerPart> parts) {
        Found found = MarkFinder.in(held, marks);
        String before = held.substring(0, found.at());
        held.delete(0, found.at());
        say(before, parts);
        Mark mark = found.mark();
        if (mark == null) {
            return false;
        }
        if (mode == Mode.WORDS && mark.equals(calls.close()) && !afterCall) {
            return true; // Words came between: it closes nothing, and the next look is for other marks.
        }
        if (mode == Mode.THOUGHT) {
            thoughtEnd = takenCharacters - held.length();
        }
        held.delete(0, mark.text().length());
        if (mode == Mode.THOUGHT) {
            endThought();
        } else if (mark.equals(calls.open())) {
            begin(mark.text());
        }
        return true;
    }

    // ---- words and thoughts

    private void say(String text, List<AnswerPart> parts) {
        if (mode == Mode.THOUGHT) {
            thought(text, parts);
        } else {
            words(text, parts);
        }
    }

    private void words(String text, List<AnswerPart> parts) {
        String all = gap + text;
        gap.setLength(0);
        if ((afterCall || framed) && all.isBlank()) {
            gap.append(all);
            return;
        }
        String shown = framed ? withoutBreaks(all) : all;
        if (!shown.isEmpty()) {
            framed = false;
            afterCall = false;
            parts.add(new Words(shown));
        }
    }

    private void thought(String text, List<AnswerPart> parts) {
        String all = gap + text;
        gap.setLength(0);
        int end = all.length();
        if (thoughts != null && thoughts.framed()) {
            while (end > 0 && ObjectCall.isBlank(all.charAt(end - 1))) {
                end--;
            }
            gap.append(all, end, all.length());
        }
        String shown = framed ? withoutBreaks(all.substring(0, end)) : all.substring(0, end);
        if (!shown.isEmpty()) {
            framed = false;
            parts.add(new Thought(shown));
        }
    }

    private void think() {
        mayThink = false;
        gap.setLength(0);
        afterCall = false;
        mode = Mode.THOUGHT;
        framed = thoughts != null && thoughts.framed();
    }

    private void endThought() {
        gap.setLength(0);
        mode = start();
        framed = thoughts != null && thoughts.framed();
    }

    private static String withoutBreaks(String text) {
        int start = 0;
        while (start < text.length() && (text.charAt(start) == '\n' || text.charAt(start) == '\r')) {
            start++;
        }
        return text.substring(start);
    }

    // ---- calls

    /** @param mark the text that opened it: words, if it is no call */
    private void begin(String mark) {
        mayThink = false;
        mode = Mode.CALL;
        call = calls.reader();
        begunBefore = sink.begun();
        taken.setLength(0);
        taken.append(mark);
    }

    private boolean call(List<AnswerPart> parts) {
        CallReader reader = Objects.requireNonNull(call);
        int end = reader.push(held, 0, sink);
        taken.append(held, 0, end);
        held.delete(0, end);
        told(parts);
        if (reader.state() == CallReader.State.OPEN) {
            return false;
        }
        endCall(parts);
        return true;
    }

    private void told(List<AnswerPart> parts) {
        if (sink.begun() > begunBefore) {
            taken.setLength(0);
            gap.setLength(0);
        }
        sink.moveTo(parts);
    }

    /** The calls are over, one way or another. */
    private void endCall(List<AnswerPart> parts) {
        boolean none =
                sink.begun() == begunBefore && Objects.requireNonNull(call).state() != CallReader.State.DONE;
        call = null;
        if (none) {
            mode = Mode.WORDS;
            words(taken.toString(), parts);
        } else {
            mode = start();
            afterCall = true;
            framed = false;
        }
    }
}
