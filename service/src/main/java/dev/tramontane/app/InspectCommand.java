package dev.tramontane.app;

import dev.tramontane.app.Fact.Section;
import dev.tramontane.kernels.KernelException;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.model.ModelException;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.source.WeightTypes;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.weights.ModelFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tramontane inspect}: what a model file holds and what it will cost, without loading it. */
@CommandLine.Command(
        name = "inspect",
        description = "Show what a model's files hold and what it will cost in memory with the given context, batch"
                + " and window. Loads nothing. Exit code 2: they are damaged or cannot be run.")
final class InspectCommand extends Command {
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "MODEL",
            description = "The model: a file, a directory or a name.")
    private @Nullable String model;

    @Option(names = "--json", description = "Print one JSON object in place of text.")
    private boolean json;

    @Option(names = "--metadata", description = "List all metadata keys too.")
    private boolean metadata;

    @Option(names = "--tensors", description = "List all tensors too.")
    private boolean tensors;

    InspectCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return List.of(
                Setting.MODEL,
                Setting.PULL,
                Setting.MODEL_STORE,
                Setting.OLLAMA_REGISTRY,
                Setting.OLLAMA_KEY,
                Setting.HF_ENDPOINT,
                Setting.CHAT_LAYOUT,
                Setting.TOOL_PARSER,
                Setting.CONTEXT,
                Setting.WINDOW,
                Setting.QUANTIZE,
                Setting.MAX_BATCH,
                Setting.BATCH_TOKENS,
                Setting.MAX_SEQUENCES,
                Setting.CACHE_MEMORY,
                Setting.KV,
                Setting.BACKEND,
                Setting.DEVICE,
                Setting.GPU_MEMORY,
                Setting.KERNEL_LIBRARY,
                Setting.LIBRARY_DIRECTORY);
    }

    @Override
    void addFlags(Map<Setting, String> flags) {
        if (model != null) {
            flags.put(Setting.MODEL, model);
        }
    }

    @Override
    int run(Configuration asked) throws InterruptedException {
        if (asked.model().asked().isEmpty()) {
            throw new UsageException("which model? tramontane inspect MODEL.gguf, the directory of one, or a name");
        }
        Configuration configuration = NamedModel.chosen(asked, environment(), "inspect");
        Path path = Models.file(configuration);
        try (ModelSource source = ModelSource.open(path)) {
            Inspection inspection = new Inspection(source);
            List<Section> sections = new ArrayList<>();
            sections.add(inspection.file());
            RuntimeException fault = null;
            try {
                ModelPlan plan = source.plan(configuration.model().window());
                configuration
                        .model()
                        .quantize()
                        .ifPresent(type -> WeightTypes.requireChanges(source.name(), plan, type));
                sections.add(GeometryFacts.of(plan));
                Tokenizer tokenizer = source.tokenizer(plan);
                sections.add(inspection.tokenizer(
                        plan,
                        tokenizer,
                        LayoutChoice.of(
                                        source.chat(),
                                        tokenizer,
                                        configuration.model().chatLayout())
                                .reading(configuration.model().toolParser())));
                KernelLibrary library = KernelLibraries.load(configuration, environment());
                Configuration placed =
                        Devices.choose(library, plan, configuration).configuration();
                MemoryPlan memory = MemoryPlan.of(library, plan, placed, MemoryLimit.ofProcess());
                sections.add(MemoryFacts.of(
                        plan,
                        memory,
                        Models.backend(placed),
                        configuration.model().quantize(),
                        DeviceSplit.text(library, plan, placed)));
            } catch (ModelFileException | ModelException | KernelException cannotRun) {
                fault = cannotRun;
            }
            if (metadata) {
                sections.add(inspection.metadata());
            }
            if (tensors) {
                sections.add(inspection.tensors());
            }
            print(sections);
            if (fault != null) {
                throw fault;
            }
            return ExitCode.OK;
        }
    }

    private void print(List<Section> sections) {
        if (json) {
            Fact.printJson(sections, environment().out());
        } else {
            Fact.print(sections, environment().out());
        }
    }
}
