package dev.tramontane.answer;

import dev.tramontane.answer.JsonSpan.Step;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonReader;
import dev.tramontane.json.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One call with its name and arguments in tags. An argument becomes a member of the JSON object when it is whole: as a text
 * where the tool's schema says so or it is no JSON, else as the JSON that it is. Of arguments with one name the first counts: what has been told
 * can't be taken back.
 */
final class TaggedCall implements CallReader {
    private static final String FUNCTION = "<function=";
    private static final String FUNCTION_END = "</function>";
    private static final String PARAMETER = "<parameter=";
    private static final String PARAMETER_END = "</parameter>";
    private static final String VALUE = "value";
    private static final char TAG_END = '>';
    private static final int LONGEST_NAME = 256;

    private final Tools tools;
    private final StringBuilder held = new StringBuilder();
    private String name = "";
    private String parameter = "";
    private final Set<String> told = new HashSet<>();

    /** Characters of a value in which its end is not, and those that have been looked at as JSON. */
    private int searched;

    private int spanned;
    private @Nullable JsonSpan span = new JsonSpan();

    private State state = State.OPEN;

    TaggedCall(Tools tools) {
        this.tools = tools;
    }

    @Override
    public State state() {
        return state;
    }

    /** Takes all: what is left behind the call's end is given back by not taking it. */
    @Override
    public int push(CharSequence text, int from, CallSink sink) {
        int before = held.length();
        held.append(text, from, text.length());
        int read = 0;
        int more;
        while (state == State.OPEN && (more = step(read, sink)) > read) {
            read = more;
        }
        if (state == State.OPEN) {
            held.delete(0, read);
            return text.length();
        }
        return Math.max(from, from + read - before);
    }

    /** Reads one tag or value from there on; the same place where it is not whole. */
    private int step(int from, CallSink sink) {
        if (!parameter.isEmpty()) {
            int end = valueEnd(from);
            if (end < 0) {
                return from;
            }
            searched = 0;
            spanned = 0;
            span = new JsonSpan();
            member(withoutFrame(held.substring(from, end)), sink);
            parameter = "";
            return end + PARAMETER_END.length();
        }
        int at = skipBlanks(from);
        if (name.isEmpty()) {
            int end = tag(at, FUNCTION);
            if (end > at) {
                name = held.substring(at + FUNCTION.length(), end - 1).strip();
                if (!Tools.isName(name)) {
                    state = State.BROKEN;
                    return from;
                }
                sink.begin("", name);
            }
            return Math.max(end, from);
        }
        if (starts(at, FUNCTION_END)) {
            sink.text(told.isEmpty() ? "{}" : "}");
            state = State.DONE;
            return at + FUNCTION_END.length();
        }
        if (mayBecome(at, FUNCTION_END)) {
            return from;
        }
        int end = tag(at, PARAMETER);
        if (end > at) {
            parameter = held.substring(at + PARAMETER.length(), end - 1).strip();
        }
        return Math.max(end, from);
    }

    /**
     * Where the value that begins there ends, or -1. Within a string of JSON the end's tag is what it spells; unless another tag follows, where what comes
     * may be no JSON after all.
     */
    private int valueEnd(int from) {
        while (true) {
            int end = held.indexOf(PARAMETER_END, from + searched);
            if (end < 0) {
                searched = Math.max(0, held.length() - from - PARAMETER_END.length() + 1);
                return -1;
            }
            if (tools.isText(name, parameter) || !isInString(from, end)) {
                return end;
            }
            if (tools.isHeld(name)) {
                searched = end - from + PARAMETER_END.length();
                continue;
            }
            int behind = skipBlanks(end + PARAMETER_END.length());
            if (starts(behind, PARAMETER) || starts(behind, FUNCTION_END)) {
                return end;
            }
            if (behind == held.length() || mayBecome(behind, PARAMETER) || mayBecome(behind, FUNCTION_END)) {
                searched = end - from;
                return -1;
            }
            searched = end - from + PARAMETER_END.length();
        }
    }

    /** Whether a value that begins there, as far as that, is JSON that ends within a string. */
    private boolean isInString(int from, int to) {
        JsonSpan json = span;
        for (; json != null && from + spanned < to; spanned++) {
            char c = held.charAt(from + spanned);
            boolean before = !json.hasBegun() && ObjectCall.isBlank(c);
            Step step = before ? Step.INSIDE : json.push(c);
            if (step == Step.BROKEN || step == Step.BEHIND) {
                json = null;
            }
        }
        span = json;
        return json != null && json.isInText();
    }

    private int skipBlanks(int from) {
        int at = from;
        while (at < held.length() && ObjectCall.isBlank(held.charAt(at))) {
            at++;
        }
        return at;
    }

    /** Behind a tag that begins there; there where it is not whole. */
    private int tag(int at, String opening) {
        if (!starts(at, opening)) {
            state = mayBecome(at, opening) ? state : State.BROKEN;
            return at;
        }
        int end = held.indexOf(String.valueOf(TAG_END), at + opening.length());
        int length = (end < 0 ? held.length() : end) - at - opening.length();
        if (length > LONGEST_NAME || (end >= 0 && length == 0)) {
            state = State.BROKEN;
            return at;
        }
        return end < 0 ? at : end + 1;
    }

    private boolean starts(int at, String tag) {
        return held.length() - at >= tag.length()
                && held.substring(at, at + tag.length()).equals(tag);
    }

    private boolean mayBecome(int at, String tag) {
        int there = held.length() - at;
        return there < tag.length() && tag.startsWith(held.substring(at));
    }

    private void member(String value, CallSink sink) {
        String before = told.isEmpty() ? "{" : ", ";
        if (!told.add(parameter)) {
            return;
        }
        sink.text(before);
        sink.text(json(parameter));
        sink.text(": ");
        if (tools.isText(name, parameter)) {
            sink.text(json(value));
        } else {
            sink.text(tools.isHeld(name) ? value.strip() : json(read(value)));
        }
    }

    private static String json(@Nullable Object value) {
        return new String(JsonWriter.bytes(json -> JsonWriter.tree(json, value)), StandardCharsets.UTF_8);
    }

    /** The value, or itself where it is no JSON. */
    private static @Nullable Object read(String value) {
        try {
            Object read = JsonReader.object("{\"" + VALUE + "\":[" + value + "]}", VALUE)
                    .get(VALUE);
            return read instanceof List<?> one && one.size() == 1 ? one.getFirst() : value;
        } catch (InvalidJsonException none) {
            return value;
        }
    }

    /** The line breaks beside the tags are the layout's. */
    private static String withoutFrame(String value) {
        int start = value.startsWith("\n") ? 1 : 0;
        int end = value.endsWith("\n") && value.length() > start ? value.length() - 1 : value.length();
        return value.substring(start, end);
    }
}
