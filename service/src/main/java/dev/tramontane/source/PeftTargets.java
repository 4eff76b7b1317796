package dev.tramontane.source;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which modules of a model an adapter is for, as PEFT resolves {@code target_modules} and the keys of its patterns, on the
 * modules' whole names ("model.layers.0.self_attn.q_proj"). Expressions are Python's, and a stranger's: each look at a name
 * is counted.
 */
final class PeftTargets {
    /** PEFT's word for every linear layer but the output. */
    private static final String ALL = "all-linear";

    /** Looks at characters that a match may take: names are short, so none needs as many. */
    private static final int MOST_LOOKS = 100_000;

    private static final int MOST_CHARACTERS = 1000;

    /** How often something has to come at least: "{3", "{3,5". */
    private static final Pattern LEAST = Pattern.compile("\\{(\\d+)");

    private static final int MOST_DIGITS = 5;

    private final List<String> names;
    private final Pattern expression;

    private PeftTargets(List<String> names, Pattern expression) {
        this.names = names;
        this.expression = expression;
    }

    /** Modules that have one of these names, or end with it after a dot. */
    static PeftTargets of(List<String> names) {
        return new PeftTargets(List.copyOf(names), Pattern.compile("(?!)"));
    }

    /**
     * "all-linear", or an expression for the whole name.
     *
     * @throws IllegalArgumentException saying what is wrong with it
     */
    static PeftTargets of(String text) {
        return text.equals(ALL)
                ? new PeftTargets(List.of(), Pattern.compile(".*"))
                : new PeftTargets(List.of(), compiled(text));
    }

    /** The key of a {@code rank_pattern} or an {@code alpha_pattern}: an expression for the name's end, after a dot. */
    static PeftTargets ofKey(String key) {
        return new PeftTargets(List.of(), compiled("(.*\\.)?(" + key + ")"));
    }

    /** @throws IllegalArgumentException when matching takes too long */
    boolean match(String module) {
        for (String name : names) {
            if (module.equals(name) || module.endsWith("." + name)) {
                return true;
            }
        }
        return expression.matcher(new Counted(module, new int[1])).matches();
    }

    private static Pattern compiled(String text) {
        if (text.length() > MOST_CHARACTERS) {
            throw new IllegalArgumentException("has " + text.length() + " characters, more than " + MOST_CHARACTERS);
        }
        long repeats = 1; // Of what takes no character, which no look at a name counts.
        for (Matcher least = LEAST.matcher(text); least.find(); ) {
            String times = least.group(1);
            repeats *= times.length() > MOST_DIGITS ? MOST_LOOKS + 1L : Math.max(1, Long.parseLong(times));
            if (repeats > MOST_LOOKS) {
                throw new IllegalArgumentException("repeats too often");
            }
        }
        try {
            return Pattern.compile(text);
        } catch (IllegalArgumentException malformed) {
            throw new IllegalArgumentException("is no expression that this version reads", malformed);
        }
    }

    /** A name that may be looked at so often. */
    private record Counted(String text, int[] looks) implements CharSequence {
        @Override
        public char charAt(int index) {
            if (++looks[0] > MOST_LOOKS) {
                throw new IllegalArgumentException("takes too long to match");
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.substring(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
