package dev.tramontane.loadtest.plan;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Connections that are cut on purpose, whose readers go on where they were.
 *
 * @param share of all streams
 * @param from the earliest place, as a share of the tokens asked for: 0 is before the first text
 * @param to the latest, likewise: 1 is after the last text and before the end
 * @param times that one stream is cut; 0 for readers who go on when something else cuts them
 */
public record Cut(double share, double from, double to, int times) {
    /** Nobody's. */
    public static final Cut NONE = new Cut(0, 0, 1, 0);

    private static final int MOST_TIMES = 100;
    private static final String SHARE = "([01](?:\\.\\d{1,6})?)";
    private static final Pattern FORM =
            Pattern.compile(SHARE + "(?::" + SHARE + "\\.\\." + SHARE + "(?::(\\d{1,3}))?)?");

    /** Reads {@code SHARE[:FROM..TO[:TIMES]]}; nothing for none. */
    public static Cut parse(String option, String text) {
        if (text.isEmpty()) {
            return NONE;
        }
        Matcher form = FORM.matcher(text);
        if (form.matches()) {
            String from = form.group(2);
            String times = form.group(4);
            Cut cut = new Cut(
                    Double.parseDouble(form.group(1)),
                    from == null ? 0 : Double.parseDouble(from),
                    from == null ? 1 : Double.parseDouble(form.group(3)),
                    times == null ? 1 : Integer.parseInt(times));
            if (cut.share <= 1 && cut.from <= cut.to && cut.to <= 1 && cut.times <= MOST_TIMES) {
                return cut;
            }
        }
        throw new InvalidPlanException(
                option + " must be SHARE[:FROM..TO[:TIMES]], a share of the streams, from where to"
                        + " where in each as shares of its answer, and how often (at most " + MOST_TIMES
                        + "), as in 0.2 or 0.5:0.1..0.9:3; got " + text);
    }

    /** Where a stream is cut: after so many pieces of text each. */
    List<Integer> places(int answer, RandomGenerator random) {
        return random.ints(times, (int) Math.floor(from * answer), (int) Math.floor(to * answer) + 1)
                .sorted()
                .boxed()
                .toList();
    }
}
