package dev.tramontane.app;

import dev.tramontane.kernels.Backend;
import java.nio.file.Path;
import java.util.Locale;

/** Which model, and how it is run. */
final class Models {
    private Models() {}

    /** The file to run. */
    static Path file(Configuration configuration, String command) {
        return configuration
                .model()
                .orElseThrow(() -> new UsageException("no model was named. Download a GGUF file of a"
                        + " Mistral or Llama model (at huggingface.co look for GGUF, Q4_K_M for instance), then say: tramontane "
                        + command
                        + " --model FILE.gguf, or set TRAMONTANE_MODEL, or model = FILE.gguf in a --config file"));
    }

    /** The name by which clients know it: what was asked for, or the file's name without its ending. */
    static String name(Configuration configuration, Path file) {
        return configuration.name().orElseGet(() -> {
            Path last = file.getFileName();
            String name = last == null ? file.toString() : last.toString();
            return name.toLowerCase(Locale.ROOT).endsWith(".gguf") ? name.substring(0, name.length() - 5) : name;
        });
    }

    /** The backend that computes: the vectorised one unless the other was asked for. */
    static Backend backend(Configuration configuration) {
        return switch (configuration.backend()) {
            case AUTO, CPU -> Backend.CPU;
            case REF -> Backend.REF;
        };
    }
}
