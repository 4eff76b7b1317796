package dev.tramontane.app;

import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.Device;
import dev.tramontane.kernels.HostCeilings;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.measure.StepRates;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code tramontane bench}: how fast a model is here, beside what the machine can do, and what the service costs of it. */
@CommandLine.Command(
        name = "bench",
        description = {
            "Measure how fast a model is here: prompts (prefill) and answers (decode) over batches and depths, by its"
                    + " steps alone; what share that is of the memory bandwidth and of the rate of 8-bit products, both"
                    + " measured first; then one load through the engine and through HTTP on loopback. Medians of --repeat"
                    + " runs.",
            "Ctrl-C ends with what was measured by then, and exit code 130."
        },
        footer = {
            "",
            "Examples:",
            "  tramontane bench --model M.gguf --batch 1,8,32 --depth 0,4096 --json",
            "  tramontane bench --model M.gguf --against http://127.0.0.1:8081"
        })
final class BenchCommand extends Command {
    /** Read to measure bandwidth: several times most caches, and no more than a part of what is free. */
    private static final long MEASURED_BYTES = 512L << 20;

    private static final long LEAST_MEASURED_BYTES = 16L << 20;

    private static final int MOST_TOKENS = 1 << 20;

    @Option(
            names = "--batch",
            paramLabel = "LIST",
            defaultValue = "1,2,4,8",
            description = "Sequences decoded at a time. Default: 1,2,4,8. Example: --batch 1,16")
    private String batches = "";

    @Option(
            names = "--depth",
            paramLabel = "LIST",
            defaultValue = "0,512",
            description = "Tokens that a sequence has before what is measured. Default: 0,512. Example: --depth 0,4096")
    private String depths = "";

    @Option(
            names = "--prompt",
            paramLabel = "TOKENS",
            defaultValue = "512",
            description = "Tokens of a measured prompt. Default: 512. Example: --prompt 2048")
    private int prompt;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "32",
            description = "Tokens of a measured answer. Default: 32. Example: --tokens 128")
    private int tokens;

    @Option(
            names = "--repeat",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often each is measured. Default: 3. Example: --repeat 10")
    private int repeat;

    @Option(
            names = "--from-disk",
            description =
                    "Load the model from the disk, whatever of it the system keeps in memory, and measure before how"
                            + " fast the disk gives the same files to as many threads.")
    private boolean fromDisk;

    @Option(names = "--no-service", description = "Measure steps only.")
    private boolean stepsOnly;

    @Option(
            names = "--against",
            paramLabel = "URL",
            description =
                    "Put the load through HTTP on this server with OpenAI's API, too, in turn with this one. Prompts"
                            + " are then texts, none twice; a key for it stands in the variable TRAMONTANE_API_KEY. Example:"
                            + " --against http://127.0.0.1:8081")
    private @Nullable String against;

    @Option(
            names = "--against-model",
            paramLabel = "NAME",
            description = "Which of its models. Default: the first that it lists.")
    private @Nullable String againstModel;

    @Option(names = "--json", description = "Print one JSON object in place of tables.")
    private boolean json;

    /** What --batch and --depth say, read by {@link #addFlags}. */
    private List<Integer> sizes = List.of();

    private List<Integer> places = List.of();

    BenchCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return CommandSettings.ofModel(Setting.STEP_TIME, Setting.SPECULATE, Setting.DRAFT_MODEL);
    }

    /** The cache is as large as the largest measurement, and nobody else reaches the service. */
    @Override
    void addFlags(Map<Setting, String> flags) {
        sizes = list("--batch", batches, 1, 1024);
        places = list("--depth", depths, 0, MOST_TOKENS);
        String most = Integer.toString(most(sizes));
        flags.put(Setting.MAX_BATCH, most);
        flags.put(Setting.MAX_SEQUENCES, most);
        range("--prompt", prompt, 1, MOST_TOKENS);
        range("--tokens", tokens, 1, MOST_TOKENS);
        range("--repeat", repeat, 1, 1000);
        if (against != null && stepsOnly) {
            throw new UsageException("--against measures a service, which --no-service leaves out");
        }
        if (against != null) { // The report shows it.
            against = TopCommand.base("--against", against).toString();
        }
        int deepest = most(places);
        flags.put(Setting.CONTEXT, Integer.toString(Math.max(deepest + Math.max(prompt, tokens), prompt + tokens) + 1));
        flags.put(Setting.PREFIX_CACHE, "off"); // The same prompts are asked again and again.
        flags.putIfAbsent(Setting.SPECULATE, "off"); // What random tokens are followed by says nothing of texts.
        flags.put(Setting.HOST, "127.0.0.1");
        flags.put(Setting.PORT, "0");
    }

    @Override
    int run(Configuration asked) throws InterruptedException {
        Configuration configuration = NamedModel.chosen(asked, environment(), "bench");
        AtomicBoolean stopped = new AtomicBoolean();
        environment().onTermination().accept(() -> stopped.set(true));
        Path path = Models.file(configuration);
        LoadTarget other = // Before minutes are spent beside nobody.
                against == null ? null : ComparedServer.of(against, againstModel, TopCommand.key(environment()));
        KernelLibrary library = KernelLibraries.load(configuration, environment());
        try (MeasuredModel model =
                MeasuredModel.open(library, path, configuration, MOST_TOKENS, MemoryLimit.ofProcess())) {
            int sequences = configuration.engine().lanes();
            int context = model.sizing().engine().contextTokens();
            if (model.sizing().plan().sequences(context) < sequences) {
                throw new UsageException(
                        "the cache, " + Units.show(model.sizing().plan().bytes()) + ", holds "
                                + Units.count(model.sizing().plan().sequences(context), "sequence") + " of " + context
                                + " tokens, not " + sequences + ": lower --batch or --depth, or give --cache-memory");
            }
            model.sizing().notes().forEach(note -> environment().err().println("tramontane: " + note));
            BenchReport report = new BenchReport(machine(library, model.configuration()));
            measure(model, library, report, other, stopped);
            report.print(json, environment().out());
        }
        if (stopped.get()) {
            environment().err().println("tramontane: stopped; what was not measured yet is left out");
            return ExitCode.INTERRUPTED;
        }
        return ExitCode.OK;
    }

    /** Those that compute; the others are not opened for what they would say. */
    private static List<Fact> gpus(KernelLibrary library, Configuration configuration) {
        List<Device> computing =
                configuration.compute().on().stream().distinct().toList();
        if (Models.backend(configuration) == Backend.CUDA && !computing.isEmpty()) {
            return Machine.gpus(computing, () -> "", device -> library.describe(Backend.CUDA, device));
        }
        return Machine.gpus(
                library.devices(Backend.CUDA),
                () -> library.describe(Backend.CUDA),
                device -> Devices.name(device) + "; not used here");
    }

    private List<Fact> machine(KernelLibrary library, Configuration configuration) {
        List<Fact> facts = new ArrayList<>(Machine.software(environment()));
        facts.addAll(Machine.hardware(library));
        facts.addAll(gpus(library, configuration));
        facts.add(Machine.memory());
        return facts;
    }

    private void measure(
            MeasuredModel model,
            KernelLibrary library,
            BenchReport report,
            @Nullable LoadTarget other,
            AtomicBoolean stopped)
            throws InterruptedException {
        Configuration configuration = model.configuration();
        int threads = configuration.compute().threads().orElse(library.host().processors());
        long free = MemoryLimit.ofProcess().tightest(0).free();
        HostCeilings ceilings = library.measure(
                configuration.compute().cpuLevel(),
                threads,
                Math.clamp(free / 4, LEAST_MEASURED_BYTES, MEASURED_BYTES));
        report.ceilings(ceilings, threads);
        Optional<LoadBench.Loaded> load =
                new LoadBench(library, model, threads, fromDisk, clock(), stopped::get).load(environment());
        if (load.isEmpty()) {
            return;
        }
        LoadedModel loaded = load.get().model();
        report.model(model.section("Model", "model", loaded));
        report.model(load.get().report());
        boolean host = !Models.backend(configuration).isDevice();
        StepBench steps = new StepBench(
                new StepRates(loaded.model(), model.sizing().plan().shape(), clock()),
                model.cost(),
                host ? ceilings : new HostCeilings(0, 0),
                configuration.engine().kv(),
                Models.backend(configuration) == Backend.CPU);
        int count = places.size() * (1 + sizes.size());
        ProgressBar bar = new ProgressBar(
                "measuring",
                amount -> String.format(Locale.ROOT, "%,d", amount),
                environment().err(),
                environment().terminal(),
                clock());
        try {
            for (int depth : places) {
                if (!stopped.get()) {
                    report.step(steps.prefill(prompt, depth, repeat));
                    bar.at(report.steps(), count);
                }
                for (int sequences : sizes) {
                    if (!stopped.get()) {
                        report.step(steps.decode(sequences, tokens, depth, repeat));
                        bar.at(report.steps(), count);
                    }
                }
            }
        } finally {
            bar.done();
        }
        if (!stepsOnly && !stopped.get()) {
            StreamLoad streams = new StreamLoad(
                    most(sizes), prompt, tokens, loaded.geometry().vocabulary());
            if (other != null) {
                report.against(other);
            }
            report.service(streams, ServiceBench.measure(model, loaded, streams, other, repeat, stopped::get));
        }
    }

    private static LongSupplier clock() {
        return System::nanoTime;
    }

    private static int most(List<Integer> numbers) {
        return numbers.stream().mapToInt(Integer::intValue).max().orElseThrow();
    }

    private static void range(String flag, int value, int least, int most) {
        if (value < least || value > most) {
            throw new UsageException(flag + " must be " + least + " to " + most + ", got " + value);
        }
    }

    private static List<Integer> list(String flag, String text, int least, int most) {
        List<Integer> numbers = new ArrayList<>();
        for (String word : text.split(",", -1)) {
            String digits = word.strip();
            if (!digits.matches("[0-9]{1,7}") || Integer.parseInt(digits) < least || Integer.parseInt(digits) > most) {
                throw new UsageException(
                        flag + " must be numbers from " + least + " to " + most + " between commas, got " + text);
            }
            numbers.add(Integer.parseInt(digits));
        }
        return numbers.stream().distinct().toList();
    }
}
