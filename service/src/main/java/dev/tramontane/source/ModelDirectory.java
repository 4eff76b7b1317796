package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonLimits;
import dev.tramontane.json.JsonReader;
import dev.tramontane.weights.IoReason;
import dev.tramontane.weights.ModelFileException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A directory that holds a model: finds and reads the small files in it. Every fault is a {@link ModelFileException}. */
final class ModelDirectory {
    /** A config.json is a few kilobytes; one that names every tensor that stays unquantised has a few hundred. */
    private static final JsonLimits HYPERPARAMETERS = new JsonLimits(4 << 20, 64, 1024, 1 << 20, 200_000);

    /** A tokenizer_config.json describes every added token. */
    private static final JsonLimits TOKENIZER_CONFIG = new JsonLimits(32 << 20, 64, 1024, 4 << 20, 2_000_000);

    /** A chat template of some kilobytes, a tokenizer.json of tens of megabytes. */
    private static final int MAX_TEMPLATE = 4 << 20;

    private static final int MAX_TOKENIZER = 256 << 20;

    private final Path path;
    private final List<String> names;

    private ModelDirectory(Path path, List<String> names) {
        this.path = path;
        this.names = names;
    }

    /** Lists the directory. */
    static ModelDirectory open(Path path) {
        try (Stream<Path> entries = Files.list(path)) {
            List<String> names = new ArrayList<>(entries.limit(100_001)
                    .map(entry -> String.valueOf(entry.getFileName()))
                    .toList());
            if (names.size() > 100_000) {
                throw ModelFileException.in(path.toString(), "there are more than 100000 files")
                        .expected("the directory of one model")
                        .advice("give the directory of one model");
            }
            names.sort(null);
            return new ModelDirectory(path, names);
        } catch (IOException unreadable) {
            throw ModelFileException.in(path.toString(), "the directory cannot be read: " + IoReason.of(unreadable))
                    .cause(unreadable)
                    .advice("give a directory that can be read");
        }
    }

    Path path() {
        return path;
    }

    /** What people call the model. */
    String modelName() {
        return ModelName.of(path);
    }

    /** Names of its files and directories, sorted. */
    List<String> names() {
        return names;
    }

    boolean has(String name) {
        return names.contains(name);
    }

    /** A file's place. */
    Path resolve(String name) {
        return path.resolve(name);
    }

    /** A JSON file of hyperparameters. */
    JsonParameters parameters(String name) {
        return json(name, HYPERPARAMETERS);
    }

    /** A JSON file that describes a tokenizer, if there is one. */
    Optional<JsonParameters> tokenizerConfig(String name) {
        return has(name) ? Optional.of(json(name, TOKENIZER_CONFIG)) : Optional.empty();
    }

    /** A file that holds a tokenizer. */
    byte[] tokenizer(String name) {
        return read(name, MAX_TOKENIZER);
    }

    /** A text file that holds a chat template. */
    byte[] template(String name) {
        return read(name, MAX_TEMPLATE);
    }

    /** One of its files. */
    SourceFile file(String name) {
        return SourceFile.at(resolve(name));
    }

    private JsonParameters json(String name, JsonLimits limits) {
        byte[] bytes = read(name, limits.bytes());
        String file = resolve(name).toString();
        try {
            return new JsonParameters(file, "", JsonReader.object(MemorySegment.ofArray(bytes), name, limits));
        } catch (InvalidJsonException malformed) {
            throw ModelFileException.in(file, malformed.reason())
                    .at(malformed.offset())
                    .cause(malformed)
                    .advice("download the file again");
        }
    }

    private byte[] read(String name, long limit) {
        Path file = resolve(name);
        // A named pipe or a device would block or never end.
        if (!Files.isRegularFile(file)) {
            throw ModelFileException.in(
                            file.toString(), Files.exists(file) ? "this is no file" : "the link leads nowhere")
                    .expected("a file")
                    .advice("download the model again");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes((int) limit + 1);
            if (bytes.length > limit) {
                throw ModelFileException.in(file.toString(), "the file has more than " + limit + " bytes")
                        .expected("at most so many in a " + quoted(name))
                        .advice(HyperParameters.OTHER_FILE);
            }
            return bytes;
        } catch (IOException unreadable) {
            throw unreadable(name, unreadable);
        }
    }

    private ModelFileException unreadable(String name, IOException cause) {
        return ModelFileException.in(resolve(name).toString(), "the file cannot be read: " + IoReason.of(cause))
                .cause(cause)
                .advice("look at its permissions");
    }
}
