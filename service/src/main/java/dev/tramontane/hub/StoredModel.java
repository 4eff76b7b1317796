package dev.tramontane.hub;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * A model that is there, whole.
 *
 * @param reference its name
 * @param place whose it is
 * @param path what to open: a GGUF file, or a directory
 * @param files that it is made of
 * @param since when it came
 * @param licence as its hub says it; empty where it says nothing
 * @param revision what its name meant when it came: a SHA-256 of the manifest, or a commit; empty where there is neither
 */
public record StoredModel(
        Reference reference,
        Place place,
        Path path,
        List<StoredFile> files,
        Instant since,
        String licence,
        String revision) {

    /** Whose files they are. Those of others are read where they lie, and never written. */
    public enum Place {
        OWN("here"),
        OLLAMA("Ollama's"),
        HUGGING_FACE("Hugging Face's");

        private final String label;

        Place(String label) {
            this.label = label;
        }

        /** For people: "Ollama's". */
        public String label() {
            return label;
        }
    }

    /**
     * @param path under which the model knows it
     * @param sha256 empty where nobody made it
     */
    public record StoredFile(String path, long bytes, String sha256) {}

    public StoredModel {
        files = List.copyOf(files);
    }

    public long bytes() {
        return files.stream().mapToLong(StoredFile::bytes).sum();
    }
}
