package dev.tramontane.app;

import dev.tramontane.convert.GgufConversion;
import dev.tramontane.convert.OutputType;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.source.ModelSource;
import dev.tramontane.source.SourceFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tramontane convert}: any model that can be loaded, as one GGUF file. */
@CommandLine.Command(
        name = "convert",
        description = "Write a model as one GGUF file, which llama.cpp and gguf-py read, too. Takes whatever can be"
                + " loaded; what is quantised is dequantised first. Norms and a mixture's router stay f32; with fewer"
                + " than 8 bits the embedding and the output head get q8_0; a matrix whose rows are no multiple of 32"
                + " becomes f16 in place of a quantised type. Ctrl-C leaves nothing behind (exit code 130).")
final class ConvertCommand extends Command {
    @Parameters(index = "0", paramLabel = "IN", description = "The model to convert: a file, a directory or a name.")
    private String in = "";

    @Parameters(index = "1", paramLabel = "OUT.gguf", description = "The file to write.")
    private String out = "";

    @Option(
            names = "--type",
            required = true,
            paramLabel = "TYPE",
            description = "What matrices are stored in: f32, f16, bf16, q8_0, q4_0, q4_1, q5_0 or q5_1.")
    private String type = "";

    @Option(names = "--overwrite", description = "Replace OUT.gguf if it is there.")
    private boolean overwrite;

    ConvertCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return List.of(
                Setting.PULL,
                Setting.MODEL_STORE,
                Setting.OLLAMA_REGISTRY,
                Setting.OLLAMA_KEY,
                Setting.HF_ENDPOINT,
                Setting.THREADS,
                Setting.KERNEL_LIBRARY,
                Setting.LIBRARY_DIRECTORY,
                Setting.LOG_FORMAT,
                Setting.LOG_LEVEL);
    }

    @Override
    void addFlags(Map<Setting, String> flags) {
        flags.put(Setting.MODEL, in);
    }

    @Override
    int run(Configuration configuration) throws InterruptedException {
        OutputType wanted = wanted();
        Path to = path("OUT.gguf", out);
        if (!overwrite && Files.exists(to)) {
            throw new UsageException(to + " is there already; --overwrite replaces it");
        }
        Configuration chosen = NamedModel.chosen(configuration, environment(), "convert");
        try (ModelSource source = ModelSource.open(Models.file(chosen))) {
            refuseOwnFiles(source, to);
            GgufConversion conversion = GgufConversion.of(source, wanted);
            KernelLibrary library = KernelLibraries.load(configuration, environment());
            int threads =
                    configuration.compute().threads().orElse(library.host().processors());
            return convert(conversion, to, library, threads);
        }
    }

    private int convert(GgufConversion conversion, Path to, KernelLibrary library, int threads)
            throws InterruptedException {
        AtomicBoolean stopped = new AtomicBoolean();
        environment().onTermination().accept(() -> stopped.set(true));
        ProgressBar bar = new ProgressBar(
                "writing " + to, environment().err(), environment().terminal(), System::nanoTime);
        long start = System.nanoTime();
        boolean whole;
        try {
            whole = conversion.write(to, overwrite, library, threads, bar::at, stopped::get);
        } catch (FileAlreadyExistsException there) {
            throw new UsageException(there.getMessage() + "; --overwrite replaces it", there);
        } catch (IOException unwritten) {
            throw new OutputException(unwritten);
        } finally {
            bar.done();
        }
        if (!whole) {
            environment().err().println("tramontane: stopped; nothing was written");
            return ExitCode.INTERRUPTED;
        }
        conversion.notes().forEach(note -> environment().err().println("tramontane: " + note));
        environment().out().println(summary(conversion, to, (System.nanoTime() - start) / 1e9));
        return ExitCode.OK;
    }

    private static String summary(GgufConversion conversion, Path to, double seconds) {
        String tensors = conversion.types().entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
        return String.format(
                Locale.ROOT,
                "wrote %s: %s (%s tensors) in %.1f s, %s/s",
                to,
                Units.show(conversion.bytes()),
                tensors,
                seconds,
                Units.show((long) (conversion.bytes() / Math.max(seconds, 1e-3))));
    }

    private OutputType wanted() {
        String word = type.toLowerCase(Locale.ROOT);
        return Arrays.stream(OutputType.values())
                .filter(candidate -> candidate.label().equals(word))
                .findFirst()
                .orElseThrow(() -> new UsageException("--type must be one of "
                        + Arrays.stream(OutputType.values())
                                .map(OutputType::label)
                                .collect(Collectors.joining(", "))
                        + ", got " + type));
    }

    static Path path(String what, String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException malformed) {
            throw new UsageException(what + " must be a path", malformed);
        }
    }

    /** Replacing a file that is being read from would lose the model when the conversion fails. */
    private static void refuseOwnFiles(ModelSource source, Path to) {
        for (SourceFile file : source.files()) {
            try {
                if (Files.exists(to) && Files.isSameFile(file.path(), to)) {
                    throw new UsageException(to + " belongs to the model that is converted; name another file");
                }
            } catch (IOException unreachable) {
                throw new OutputException(unreachable);
            }
        }
    }
}
