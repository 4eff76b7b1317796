package dev.tramontane.weights;

import static dev.tramontane.weights.ModelFileException.quoted;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;

/** What a directory without weights that can be loaded seems to be, from the names in it, and what to do with it. */
public final class ForeignDirectory {
    private static final int MOST_NAMES = 10_000;
    private static final String DOWNLOAD = "download the model into it: config.json, its safetensors and the tokenizer";
    private static final List<String> PICKLES = List.of(".pth", ".bin", ".pt", ".ckpt", ".pkl");
    private static final List<String> UNFINISHED =
            List.of(".incomplete", ".part", ".crdownload", ".download", ".aria2", ".tmp");
    private static final List<String> OTHERS = List.of(".onnx", ".h5", ".msgpack", ".tflite", ".mlmodel", ".npz");

    private final Path directory;
    private final SortedSet<String> names;

    private ForeignDirectory(Path directory, SortedSet<String> names) {
        this.directory = directory;
        this.names = names;
    }

    /** The refusal of a directory that has neither a model.safetensors nor a consolidated.safetensors nor an index. */
    public static ModelFileException describe(Path directory) {
        SortedSet<String> names = new TreeSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                names.add(String.valueOf(entry.getFileName()));
                if (names.size() == MOST_NAMES) {
                    break;
                }
            }
        } catch (IOException | DirectoryIteratorException unreadable) {
            String reason = switch (unreadable) {
                case NoSuchFileException missing -> "no such directory";
                case NotDirectoryException file -> "it is a file, expected a directory";
                case AccessDeniedException denied -> "no permission to list it";
                default -> "it cannot be listed: " + unreadable.getClass().getSimpleName();
            };
            return ModelFileException.in(directory.toString(), reason)
                    .cause(unreadable)
                    .advice("give the directory of a model");
        }
        return new ForeignDirectory(directory, names).describe();
    }

    private ModelFileException describe() {
        if (names.isEmpty()) {
            return not("the directory is empty", DOWNLOAD);
        }
        String shard = first(name -> name.endsWith(".safetensors") && name.matches(".*-\\d{5}-of-\\d{5}\\..*"));
        if (!shard.isEmpty()) {
            String index = shard.replaceFirst("-\\d{5}-of-\\d{5}", "") + ".index.json";
            return not(quoted(shard) + " is one of several files without their index", "download " + quoted(index));
        }
        if (names.contains("adapter_config.json") || names.contains("adapter_model.safetensors")) {
            return not(
                    "this is an adapter (LoRA), not a model",
                    "merge it into its base model with peft's merge_and_unload(), save that, and give its directory");
        }
        String weights = first(name -> name.endsWith(".safetensors"));
        if (!weights.isEmpty()) {
            return not(
                    quoted(weights) + " is not called model.safetensors or consolidated.safetensors",
                    "rename it, if it is the whole model");
        }
        String pickle = first(ending(PICKLES));
        if (!pickle.isEmpty()) {
            return not(
                    quoted(pickle) + " is a Python pickle, which can run code and is never opened",
                    ForeignFile.unpickle(pickle));
        }
        String gguf = first(ending(List.of(".gguf")));
        if (!gguf.isEmpty()) {
            return not("this is a directory with GGUF files", "give the path of one: " + quoted(gguf));
        }
        return describeRest();
    }

    private ModelFileException describeRest() {
        String unfinished = first(ending(UNFINISHED));
        if (!unfinished.isEmpty()) {
            return not(quoted(unfinished) + " is an unfinished download", "finish it");
        }
        String other = first(ending(OTHERS));
        if (!other.isEmpty()) {
            return not(
                    quoted(other) + " is of a format that is not read",
                    "download the model's safetensors or GGUF files");
        }
        if (names.contains("snapshots")) {
            return not(
                    "this is a model's directory in the cache of Hugging Face", "give a directory under its snapshots");
        }
        return not(
                "there are no weights, only " + quoted(names.first()) + (names.size() > 1 ? " and others" : ""),
                DOWNLOAD);
    }

    private String first(Predicate<String> wanted) {
        return names.stream().filter(wanted).findFirst().orElse("");
    }

    private static Predicate<String> ending(List<String> endings) {
        return name -> endings.stream().anyMatch(name::endsWith);
    }

    private ModelFileException not(String found, String advice) {
        return ModelFileException.in(directory.toString(), found)
                .expected("the files of a model")
                .advice(advice);
    }
}
