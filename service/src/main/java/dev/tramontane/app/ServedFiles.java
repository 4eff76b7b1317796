package dev.tramontane.app;

import dev.tramontane.api.openai.ModelFacts;
import dev.tramontane.kernels.Backend;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.source.SourceFile;
import dev.tramontane.source.StoredTensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;

/** What clients are told of the files that are served. */
final class ServedFiles {
    /** What metadata and some weights take; hashing all of a file would read all of it. */
    private static final int HASHED = 4 << 20;

    private ServedFiles() {}

    /** @throws UncheckedIOException when a file cannot be read any more */
    static ModelFacts facts(Configuration configuration, ModelSource source, ModelPlan plan) {
        ModelGeometry geometry = plan.geometry();
        boolean gguf = Files.isRegularFile(Path.of(source.name())); // Of the others one file is no model.
        return new ModelFacts(
                gguf ? "gguf" : "safetensors",
                geometry.architecture(),
                source.stored().stream().mapToLong(StoredTensor::elements).sum(),
                weights(configuration, source),
                source.files().stream().mapToLong(SourceFile::bytes).sum(),
                Models.backend(configuration) == Backend.CUDA,
                digest(source),
                new ModelFacts.Sizes(
                        geometry.layers(),
                        geometry.width(),
                        geometry.ffn(),
                        geometry.heads(),
                        geometry.kvHeads(),
                        geometry.vocabulary()));
    }

    /** The type that most bytes of the weights have, once they are loaded. */
    private static String weights(Configuration configuration, ModelSource source) {
        return configuration
                .model()
                .quantize()
                .map(type -> type.name())
                .orElseGet(() -> source.stored().stream()
                        .collect(Collectors.groupingBy(StoredTensor::type, Collectors.summingLong(StoredTensor::bytes)))
                        .entrySet()
                        .stream()
                        .max(Map.Entry.comparingByValue())
                        .map(Map.Entry::getKey)
                        .orElse("unknown"));
    }

    private static String digest(ModelSource source) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
        for (SourceFile file : source.files()) {
            try (InputStream in = Files.newInputStream(file.path())) {
                digest.update(in.readNBytes(HASHED));
            } catch (IOException failed) {
                throw new UncheckedIOException(file.path() + " could not be read", failed);
            }
            digest.update((" " + file.bytes() + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
