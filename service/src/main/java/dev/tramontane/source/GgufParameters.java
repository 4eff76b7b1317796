package dev.tramontane.source;

import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.GgufMetadata;
import dev.tramontane.weights.ModelFileException;
import java.util.OptionalDouble;

/** The metadata keys of one architecture in a GGUF file. */
final class GgufParameters extends HyperParameters {
    private final GgufMetadata metadata;
    private final String prefix;

    GgufParameters(GgufFile file, String architecture) {
        metadata = file.metadata();
        prefix = architecture + ".";
    }

    @Override
    boolean has(String key) {
        return metadata.has(prefix + key);
    }

    @Override
    boolean isList(String key) {
        return metadata.isArray(prefix + key);
    }

    @Override
    int integer(String key, int least, int most) {
        return (int) metadata.integer(prefix + key, least, most);
    }

    @Override
    int[] integers(String key) {
        return metadata.ints(prefix + key);
    }

    @Override
    double real(String key) {
        return metadata.real(prefix + key);
    }

    @Override
    OptionalDouble findReal(String key) {
        return metadata.findReal(prefix + key);
    }

    @Override
    boolean bool(String key, boolean absent) {
        return metadata.bool(prefix + key, absent);
    }

    @Override
    String string(String key, String absent) {
        return metadata.findString(prefix + key).orElse(absent);
    }

    @Override
    String spelled(String key) {
        return prefix + key;
    }

    @Override
    ModelFileException refusal(String key, String found, String expected, String advice) {
        return metadata.fault(prefix + key, found, expected, advice);
    }
}
