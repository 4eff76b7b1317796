package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.Arguments.Bound;
import dev.tramontane.jinja.value.Arithmetic;
import dev.tramontane.jinja.value.Printer;
import dev.tramontane.jinja.value.PythonChars;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Value;
import java.util.Map;

/** Filters about how long a text is. */
final class LengthFilters {
    private static final int USUAL_LENGTH = 255;

    /** What a text may be longer by before it is cut. */
    private static final int USUAL_LEEWAY = 5;

    private LengthFilters() {}

    static void addTo(Map<String, Filters.Filter> all) {
        all.put("wordcount", LengthFilters::words);
        all.put("truncate", LengthFilters::truncate);
    }

    /** Runs of letters, digits and low lines. */
    private static Value words(Value input, Arguments arguments, Rendering rendering) {
        arguments.bind("wordcount");
        String chars = Printer.text(input, rendering.budget()).chars();
        rendering.budget().read(chars.length());
        long words = 0;
        boolean inside = false;
        for (int i = 0; i < chars.length(); i += Character.charCount(chars.codePointAt(i))) {
            boolean word = PythonChars.isWord(chars.codePointAt(i));
            words += word && !inside ? 1 : 0;
            inside = word;
        }
        return new Value.Int(words);
    }

    /** Cuts at a length, or at the last blank before it, and says so by an ending; what is hardly longer stays whole. */
    private static Value truncate(Value input, Arguments arguments, Rendering rendering) {
        Bound bound = arguments.bind("truncate", "length", "killwords", "end", "leeway");
        long length = bound.integer(0, USUAL_LENGTH);
        Text end = bound.find(2) == null ? Text.trusted("...") : bound.text(2);
        long leeway = bound.find(3) instanceof Value.None ? USUAL_LEEWAY : bound.integer(3, USUAL_LEEWAY);
        if (length < end.length()) {
            throw new TemplateException(
                    "truncate has a length of " + length + ", less than its ending's " + end.length());
        }
        if (leeway < 0) {
            throw new TemplateException("truncate has a leeway below zero");
        }
        if (Types.length(input) - leeway <= length) {
            return input;
        }
        if (!(input instanceof Text text)) {
            throw new TemplateException("truncate is for text, not " + Types.shown(input));
        }
        rendering.budget().read(text.chars().length());
        int cut = text.offset((int) length - end.length());
        int blank = bound.truth(1, false) ? -1 : text.chars().lastIndexOf(' ', cut - 1);
        Text kept = text.substring(0, blank < 0 ? cut : blank).asMarkup(text.isMarkup());
        return Arithmetic.add(kept, end, rendering.budget());
    }
}
