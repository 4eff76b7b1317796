package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.weights.ModelFileException;
import java.util.Arrays;
import java.util.OptionalDouble;

/** What a model file says of a model, key by key, every value checked for its type and range. */
abstract class HyperParameters {
    static final String OTHER_FILE = "take another file of this model, or convert it again";
    static final String OTHER_MODEL = "take another model, or a newer version of Tramontane";

    /** Whether there is a value. */
    abstract boolean has(String key);

    /** Whether there is a list of values. */
    abstract boolean isList(String key);

    /** An integer that the model cannot do without. */
    abstract int integer(String key, int least, int most);

    /** A list of integers. */
    abstract int[] integers(String key);

    /** A finite number that the model cannot do without. */
    abstract double real(String key);

    abstract OptionalDouble findReal(String key);

    abstract boolean bool(String key, boolean absent);

    abstract String string(String key, String absent);

    /** A key as messages spell it. */
    abstract String spelled(String key);

    /** A sentence about the value of a key. */
    abstract ModelFileException refusal(String key, String found, String expected, String advice);

    /** A value that contradicts something. */
    final ModelFileException fault(String key, String found, String expected) {
        return refusal(key, quoted(spelled(key)) + " has " + found, expected, OTHER_FILE);
    }

    /** A way of computing that this version does not have. */
    final ModelFileException unsupported(String key, String what, String expected) {
        return refusal(key, what, expected, OTHER_MODEL);
    }

    /** A count that the model cannot do without. */
    final int count(String key, int least, int most) {
        return uniform(key, least, most, -1);
    }

    /** A count, or {@code absent} when there is none. */
    final int count(String key, int least, int most, int absent) {
        return has(key) ? uniform(key, least, most, -1) : absent;
    }

    /** A count that may be given for each of {@code layers}; they have to be the same. */
    final int countOfLayers(String key, int least, int most, int layers) {
        return uniform(key, least, most, layers);
    }

    /** One value per layer: a list of them, or one value for all. */
    final int[] perLayer(String key, int least, int most, int layers) {
        int[] values;
        if (isList(key)) {
            values = integers(key);
            if (values.length != layers) {
                throw fault(key, values.length + " values", "one for each of " + layers + " layers");
            }
        } else {
            values = new int[layers];
            Arrays.fill(values, count(key, least, most));
        }
        for (int value : values) {
            if (value < least || value > most) {
                throw fault(key, "a value of " + value, "values from " + least + " to " + most);
            }
        }
        return values;
    }

    /** A number above 0, in binary32 as everybody computes with it; {@code absent} when there is none. */
    final double positive(String key, double absent) {
        float value = (float) findReal(key).orElse(absent);
        if (!(value > 0) || Float.isInfinite(value)) {
            throw fault(key, "the value " + findReal(key).orElse(absent), "a number above 0");
        }
        return value;
    }

    /** What is added to the mean square. */
    final double epsilon(String key) {
        double value = real(key);
        float single = (float) value;
        if (!(single > 0) || single > 1) {
            throw fault(key, "the value " + value, "a number above 0, at most 1");
        }
        return single;
    }

    private int uniform(String key, int least, int most, int layers) {
        if (!isList(key)) {
            return integer(key, least, most);
        }
        if (layers < 0) {
            throw fault(key, "an array", "one number");
        }
        int[] values = perLayer(key, least, most, layers);
        for (int value : values) {
            if (value != values[0]) {
                throw unsupported(key, "layers differ in " + quoted(spelled(key)), "the same value in every layer");
            }
        }
        return values[0];
    }
}
