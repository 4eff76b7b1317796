package dev.tramontane.loadtest.plan;

import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Lengths of prompts or answers, in tokens.
 *
 * @param shape of the distribution
 * @param numbers its parameters, as many as the shape has
 */
public record Lengths(Shape shape, List<Double> numbers) {
    public static final int MOST = 1 << 20;

    /** What an option may say; the words after the name are parameters, all in tokens but {@code sigma}. */
    public enum Shape {
        FIXED("tokens"),
        UNIFORM("least:most"),
        NORMAL("mean:deviation"),
        LOGNORMAL("median:sigma"),
        EXPONENTIAL("mean");

        private final String parameters;

        Shape(String parameters) {
            this.parameters = parameters;
        }

        int count() {
            return parameters.split(":", -1).length;
        }

        String spelled() {
            return this == FIXED ? "TOKENS" : word() + ":" + parameters.toUpperCase(Locale.ROOT);
        }

        private String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Reads "128", "uniform:64:512", "normal:256:64", "lognormal:200:0.8" or "exponential:200".
     *
     * @param option whose value it is, for the error
     */
    public static Lengths parse(String option, String text) {
        List<String> words = List.of(text.split(":", -1));
        for (Shape shape : Shape.values()) {
            boolean fixed = shape == Shape.FIXED;
            List<String> values = fixed ? words : words.subList(1, words.size());
            if ((fixed || words.getFirst().equals(shape.word()))
                    && values.size() == shape.count()
                    && values.stream().allMatch(value -> value.matches("\\d{1,7}(\\.\\d{1,6})?"))) {
                List<Double> numbers = values.stream().map(Double::valueOf).toList();
                if (numbers.getFirst() < 1
                        || numbers.stream().anyMatch(number -> number > MOST)
                        || (shape == Shape.UNIFORM && numbers.get(0) > numbers.get(1))) {
                    break;
                }
                return new Lengths(shape, numbers);
            }
        }
        throw new InvalidPlanException(option + " must be one of "
                + String.join(
                        ", ", Stream.of(Shape.values()).map(Shape::spelled).toList()) + ", of 1 to " + MOST
                + " tokens, got " + text);
    }

    /** One of them, from 1 to {@link #MOST}. */
    public int draw(RandomGenerator random) {
        double first = numbers.getFirst();
        double second = numbers.getLast();
        double drawn = switch (shape) {
            case FIXED -> first;
            case UNIFORM -> first + Math.floor(random.nextDouble() * (Math.floor(second) - first + 1));
            case NORMAL -> first + second * random.nextGaussian();
            case LOGNORMAL -> first * Math.exp(second * random.nextGaussian());
            case EXPONENTIAL -> first * random.nextExponential();
        };
        return Math.clamp(Math.round(drawn), 1, MOST);
    }

    @Override
    public String toString() {
        String values = String.join(":", numbers.stream().map(Lengths::spelled).toList());
        return shape == Shape.FIXED ? values : shape.word() + ":" + values;
    }

    private static String spelled(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }
}
