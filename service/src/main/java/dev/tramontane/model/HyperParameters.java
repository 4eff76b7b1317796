package dev.tramontane.model;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.GgufMetadata;
import dev.tramontane.weights.ModelFileException;
import java.util.Arrays;
import java.util.OptionalDouble;

/** The metadata keys of one architecture, every one checked for its range. */
final class HyperParameters {
    static final String OTHER_FILE = "take another file of this model, or convert it again";

    private final GgufMetadata metadata;
    private final String prefix;

    HyperParameters(GgufFile file, String architecture) {
        metadata = file.metadata();
        prefix = architecture + ".";
    }

    boolean has(String key) {
        return metadata.has(prefix + key);
    }

    /** A count that the model cannot do without. */
    int count(String key, int least, int most) {
        return uniform(key, least, most, -1);
    }

    /** A count, or {@code absent} when the key is not there. */
    int count(String key, int least, int most, int absent) {
        return has(key) ? uniform(key, least, most, -1) : absent;
    }

    /** A count that may be given for each of {@code layers}; they have to be the same. */
    int countOfLayers(String key, int least, int most, int layers) {
        return uniform(key, least, most, layers);
    }

    /** One value per layer: an array of them, or one value for all. */
    int[] perLayer(String key, int least, int most, int layers) {
        int[] values;
        if (metadata.isArray(prefix + key)) {
            values = metadata.ints(prefix + key);
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

    double real(String key) {
        return metadata.real(prefix + key);
    }

    OptionalDouble findReal(String key) {
        return metadata.findReal(prefix + key);
    }

    boolean bool(String key, boolean absent) {
        return metadata.bool(prefix + key, absent);
    }

    String string(String key, String absent) {
        return metadata.findString(prefix + key).orElse(absent);
    }

    ModelFileException fault(String key, String found, String expected) {
        return metadata.fault(prefix + key, quoted(prefix + key) + " has " + found, expected, OTHER_FILE);
    }

    /** A way of computing that this version does not have. */
    ModelFileException unsupported(String key, String what, String expected) {
        return metadata.fault(prefix + key, what, expected, "take another model, or a newer version of Tramontane");
    }

    private int uniform(String key, int least, int most, int layers) {
        if (!metadata.isArray(prefix + key)) {
            return (int) metadata.integer(prefix + key, least, most);
        }
        if (layers < 0) {
            throw fault(key, "an array", "one number");
        }
        int[] values = perLayer(key, least, most, layers);
        for (int value : values) {
            if (value != values[0]) {
                throw unsupported(key, "layers differ in " + quoted(prefix + key), "the same value in every layer");
            }
        }
        return values[0];
    }
}
