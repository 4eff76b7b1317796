package dev.tramontane.app;

import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.measure.Evaluation;
import dev.tramontane.measure.WindowRule;
import dev.tramontane.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tramontane eval}: the perplexity of a text, and what a quantisation, a cache or a window changes of it. */
@CommandLine.Command(
        name = "eval",
        description = {
            "Measure how well a model predicts a text: its perplexity, exp of the mean of -ln p over the scored"
                    + " tokens, p being what the model gave the token after all tokens of its window before it. Windows"
                    + " are --context tokens long (default here: what the model was made for, at most 2048) and begin"
                    + " every --stride tokens; each token is scored once, in the first window that holds it, but for a"
                    + " window's first token. A bos stands before the text where the tokenizer asks for one.",
            "With --against or one of the flags that begin so, the reference scores the same windows: the mean and the"
                    + " 99th percentile of KL(reference || model) over all scored tokens, in nats and over the whole"
                    + " vocabulary, and the share of tokens at which both have the same most likely token.",
            "Ctrl-C ends with what was scored by then, and exit code 130."
        },
        footer = {
            "",
            "Examples:",
            "  tramontane eval book.txt --model M.gguf",
            "  tramontane eval book.txt --model M-q4_0.gguf --against M.gguf     what a quantisation costs",
            "  tramontane eval book.txt --model M.gguf --kv f16 --against-kv f32 what a smaller cache costs"
        })
final class EvalCommand extends Command {
    /** What perplexities are usually given at; a model made for more takes long and says little more. */
    private static final int USUAL_CONTEXT = 2048;

    @Parameters(index = "0", paramLabel = "FILE.txt", description = "The text, in UTF-8.")
    private String file = "";

    @Option(
            names = "--stride",
            paramLabel = "TOKENS",
            description =
                    "From one window's beginning to the next one's. Less than --context gives tokens more context, for"
                            + " more time. Default: --context. Example: --stride 512")
    private @Nullable Integer stride;

    @Option(
            names = "--unscored",
            paramLabel = "TOKENS",
            description = "Tokens at the beginning of every window, the first included, that are not scored. At least"
                    + " --context less --stride. Default: just those that an earlier window scored. Example: --unscored"
                    + " 256")
    private @Nullable Integer unscored;

    @Option(
            names = "--bos",
            paramLabel = "WHERE",
            defaultValue = "text",
            description =
                    "text: before the text, if the tokenizer asks for it. windows: in every window, too, in place of"
                            + " its first token. Default: text. Example: --bos windows")
    private String bos = "";

    @Option(
            names = "--tokens",
            paramLabel = "N",
            description = "Read the first N tokens only. Default: all. Example: --tokens 20000")
    private @Nullable Long tokens;

    @Option(names = "--json", description = "Print one JSON object in place of text.")
    private boolean json;

    @Mixin
    private final AgainstOptions against = new AgainstOptions();

    EvalCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return CommandSettings.ofModel(Setting.CONTEXT);
    }

    /** A text is one sequence. */
    @Override
    void addFlags(Map<Setting, String> flags) {
        flags.put(Setting.MAX_BATCH, "1");
        flags.put(Setting.MAX_SEQUENCES, "1");
    }

    @Override
    int run(Configuration asked) throws InterruptedException, IOException {
        checkOptions();
        Path text = ConvertCommand.path("FILE.txt", file);
        if (!Files.isReadable(text) || Files.isDirectory(text)) {
            throw new UsageException(text
                    + (Files.isDirectory(text)
                            ? " is a directory; name a text file"
                            : Files.exists(text) ? " cannot be read" : " does not exist"));
        }
        Configuration configuration = NamedModel.chosen(asked, environment(), "eval");
        Path path = Models.file(configuration);
        Optional<Configuration> compared = against.reference(configuration);
        Optional<Configuration> reference =
                compared.isPresent() ? Optional.of(NamedModel.chosen(compared.get(), environment(), "eval")) : compared;
        KernelLibrary library = KernelLibraries.load(configuration, environment());
        MemoryLimit limit = MemoryLimit.ofProcess();
        try (MeasuredModel model = MeasuredModel.open(library, path, configuration, USUAL_CONTEXT, limit)) {
            if (reference.isEmpty()) {
                return evaluate(text, model, null);
            }
            try (MeasuredModel other = openReference(library, path, reference.get(), model, limit)) {
                return evaluate(text, model, other);
            }
        }
    }

    private void checkOptions() {
        if (!bos.equals("text") && !bos.equals("windows")) {
            throw new UsageException("--bos must be text or windows, got " + bos);
        }
        if (tokens != null && tokens < 2) {
            throw new UsageException("--tokens must be at least 2, got " + tokens);
        }
    }

    private static MeasuredModel openReference(
            KernelLibrary library, Path path, Configuration reference, MeasuredModel model, MemoryLimit limit) {
        int context = model.sizing().engine().contextTokens();
        try {
            return MeasuredModel.open(
                    library,
                    reference.model().path().orElse(path),
                    reference.withContext(context),
                    context,
                    model.beside(limit));
        } catch (UsageException excess) {
            throw new UsageException(
                    "beside the model, the one to compare with does not fit: " + excess.getMessage(), excess);
        }
    }

    private int evaluate(Path text, MeasuredModel model, @Nullable MeasuredModel reference) throws IOException {
        AtomicBoolean stopped = new AtomicBoolean();
        environment().onTermination().accept(() -> stopped.set(true));
        LoadedModel loaded = model.load(environment());
        LoadedModel other = reference == null ? null : reference.load(environment());
        List<Tokenizer> tokenizers = new ArrayList<>(List.of(loaded.tokenizer()));
        Evaluation.Subject first = new Evaluation.Subject(
                "the model", loaded.model(), model.sizing().plan().shape());
        Optional<Evaluation.Subject> second = Optional.empty();
        if (reference != null && other != null) {
            tokenizers.add(other.tokenizer());
            second = Optional.of(new Evaluation.Subject(
                    "the reference", other.model(), reference.sizing().plan().shape()));
        }
        WindowRule rule = rule(model.sizing().engine().contextTokens(), loaded.tokenizer());
        Evaluation evaluation = evaluation(rule, first, second);
        long start = System.nanoTime();
        boolean whole = score(evaluation, text, tokenizers, stopped);
        double seconds = (System.nanoTime() - start) / 1e9;
        if (!whole && evaluation.perplexity().tokens() == 0) {
            environment().err().println("tramontane: stopped before a token was scored");
            return ExitCode.INTERRUPTED;
        }
        requireScores(evaluation, rule, text);
        EvaluationReport report = new EvaluationReport(rule, evaluation, seconds, whole);
        report.print(
                text,
                model.section("Model", "model", loaded),
                reference == null || other == null
                        ? Optional.empty()
                        : Optional.of(reference.section("Reference", "reference", other)),
                json,
                environment().out());
        if (!whole) {
            environment()
                    .err()
                    .println("tramontane: stopped; the figures are those of the first "
                            + Units.count(evaluation.tokens(), "token"));
        }
        return whole ? ExitCode.OK : ExitCode.INTERRUPTED;
    }

    private WindowRule rule(int context, Tokenizer tokenizer) {
        OptionalInt first = bos.equals("windows") ? tokenizer.bos() : OptionalInt.empty();
        if (bos.equals("windows") && first.isEmpty()) {
            throw new UsageException("--bos windows: this model's vocabulary has no bos");
        }
        int step = stride == null ? context : stride;
        try {
            return unscored == null
                    ? WindowRule.every(context, step, first)
                    : new WindowRule(context, step, unscored, true, first);
        } catch (IllegalArgumentException wrong) {
            throw new UsageException(
                    (step < 1 || step > context ? "--stride: " : "--unscored: ") + wrong.getMessage(), wrong);
        }
    }

    private static Evaluation evaluation(
            WindowRule rule, Evaluation.Subject model, Optional<Evaluation.Subject> reference) {
        try {
            return new Evaluation(rule, model, reference);
        } catch (IllegalArgumentException different) {
            throw new UsageException("the two models cannot be compared: " + different.getMessage(), different);
        }
    }

    private boolean score(Evaluation evaluation, Path text, List<Tokenizer> tokenizers, AtomicBoolean stopped)
            throws IOException {
        ProgressBar bar = new ProgressBar(
                "scoring tokens of " + text.getFileName(),
                amount -> String.format(Locale.ROOT, "%,d", amount),
                environment().err(),
                environment().terminal(),
                System::nanoTime);
        try (TextSections sections = new TextSections(text, Files.newInputStream(text), TextSections.SECTION)) {
            long bytes = Files.size(text);
            TextTokens source = new TextTokens(sections, tokenizers, tokens == null ? Long.MAX_VALUE : tokens);
            return evaluation.run(source, stopped::get, done -> bar.at(done, source.expected(bytes)));
        } finally {
            bar.done();
        }
    }

    private static void requireScores(Evaluation evaluation, WindowRule rule, Path text) {
        if (evaluation.perplexity().tokens() == 0) {
            throw new UsageException(text + " is too short: it has "
                    + Units.count(evaluation.tokens(), "token") + ", a bos included where there is one, and "
                    + (rule.first()
                            ? "the first " + rule.unscored() + " of each window are not scored"
                            : "the first is not predicted from anything"));
        }
    }
}
