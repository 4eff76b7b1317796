package dev.tramontane.tokenizer;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonLimits;
import dev.tramontane.json.JsonStream;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** Opens the JSON files in which vocabularies come. */
final class VocabularyFile {
    /** The largest in use has 30 MB, and less than two million names and elements. */
    private static final JsonLimits LIMITS =
            new JsonLimits(1 << 27, 32, VocabularyCheck.LONGEST_PIECE, 1 << 20, 16L * VocabularyCheck.MOST_TOKENS);

    private VocabularyFile() {}

    /**
     * Reads a document.
     *
     * @param name what the file is called in messages ("tekken.json")
     * @throws VocabularyException when it is not JSON, or its reader finds a value of the wrong type
     */
    static void read(byte[] utf8, String name, Consumer<JsonStream> reader) {
        try (JsonStream json = JsonStream.open(MemorySegment.ofArray(utf8), name, LIMITS)) {
            reader.accept(json);
            json.end();
        } catch (InvalidJsonException invalid) {
            String message = String.valueOf(invalid.getMessage());
            throw new VocabularyException(message.startsWith(name) ? message : name + ": " + message);
        }
    }
}
