package dev.tramontane.load;

import dev.tramontane.kernels.KernelContext;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.model.Model;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stage;
import dev.tramontane.source.ChatSource;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.source.WeightTypes;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.weights.ModelFileException;
import java.util.List;
import java.util.Optional;

/**
 * A model brought to life: the model with its weights in place, its tokenizer, and what its chat layout is made
 * of. Owns the source, whose files have to stay mapped as long as the kernels read from it.
 */
public final class LoadedModel implements AutoCloseable {
    private final ModelSource source;
    private final HeldModel model;
    private final Tokenizer tokenizer;
    private final ChatSource chat;
    private final List<String> warnings;
    private final long weightNanos;

    private LoadedModel(
            ModelSource source,
            HeldModel model,
            Tokenizer tokenizer,
            ChatSource chat,
            List<String> warnings,
            long weightNanos) {
        this.source = source;
        this.model = model;
        this.tokenizer = tokenizer;
        this.chat = chat;
        this.warnings = List.copyOf(warnings);
        this.weightNanos = weightNanos;
    }

    /**
     * Checks everything that the files say, then hands its tensors to a new context and prepares it. Blocks for as long
     * as repacking takes; call it from a platform thread. The source is the model's from now on: closed with it, or at
     * once when loading fails.
     *
     * @param progress hears bytes prepared and to prepare, on the calling thread
     * @throws ModelFileException when the files do not hold a model that can be run
     * @throws ModelException when the kernels cannot run it here
     */
    public static LoadedModel load(
            KernelLibrary library, ModelSource source, LoadOptions options, KernelContext.Progress progress) {
        return load(library, source, options, Optional.empty(), progress);
    }

    /**
     * The same with its layers in stages.
     *
     * @param options by which the head is computed
     * @param chain that opens the stages; empty for a model in one piece
     */
    public static LoadedModel load(
            KernelLibrary library,
            ModelSource source,
            LoadOptions options,
            Optional<Chain> chain,
            KernelContext.Progress progress) {
        try {
            ModelPlan plan = source.plan(options.window());
            options.quantize().ifPresent(type -> WeightTypes.requireChanges(source.name(), plan, type));
            int vocabulary = plan.geometry().vocabulary();
            Tokenizer tokenizer = source.tokenizer(plan);
            Tokenizer served = served(source, tokenizer, vocabulary);
            ChatSource chat = source.chat();
            List<String> warnings = source.warnings(plan, tokenizer);
            long begun = System.nanoTime();
            HeldModel model = chain.isPresent()
                    ? pipelined(library, plan, tokenizer.size(), options, chain.get(), progress)
                    : whole(library, plan, tokenizer.size(), options, progress);
            return new LoadedModel(source, model, served, chat, warnings, System.nanoTime() - begun);
        } catch (RuntimeException | Error failure) {
            source.close();
            throw failure;
        }
    }

    /** The tokenizer as the model uses it, without loading the model. Takes up to seconds for large vocabularies. */
    public static Tokenizer tokenizer(ModelSource source, ModelPlan plan) {
        return served(source, source.tokenizer(plan), plan.geometry().vocabulary());
    }

    private static Tokenizer served(ModelSource source, Tokenizer tokenizer, int vocabulary) {
        return ModelTokenizer.of(tokenizer, vocabulary, source.eosIds(vocabulary));
    }

    private static HeldModel whole(
            KernelLibrary library, ModelPlan plan, int tokens, LoadOptions options, KernelContext.Progress progress) {
        KernelContext context = Contexts.open(library, plan, ModelPart.whole(plan.geometry()), options, progress);
        return new NativeModel(
                plan.geometry(), tokens, context, options.backend().isDevice());
    }

    private static HeldModel pipelined(
            KernelLibrary library,
            ModelPlan plan,
            int tokens,
            LoadOptions options,
            Chain chain,
            KernelContext.Progress progress) {
        List<Stage> stages = chain.open(library, plan, options, new ProgressSum(progress));
        try {
            KernelContext head =
                    Contexts.open(library, plan, ModelPart.head(plan.geometry()), options, (done, total) -> {});
            try {
                boolean elsewhere = options.backend().isDevice();
                return new PipelinedModel(plan.geometry(), tokens, stages, head, elsewhere, PipelinedModel.LEAST_ROWS);
            } catch (RuntimeException | Error failure) {
                head.close();
                throw failure;
            }
        } catch (RuntimeException | Error failure) {
            stages.forEach(Stage::close);
            throw failure;
        }
    }

    public Model model() {
        return model;
    }

    public ModelGeometry geometry() {
        return model.geometry();
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    public ChatSource chat() {
        return chat;
    }

    /** Where it came from. */
    public ModelSource source() {
        return source;
    }

    /** What the kernels hold by their own books; for the thread that drives the model. */
    public MemoryUse memory() {
        return model.memoryUse();
    }

    /** How long it took until the weights were where they are computed from, of all that loading takes. */
    public long weightNanos() {
        return weightNanos;
    }

    /** What is odd in its files and was left aside, a sentence each. */
    public List<String> warnings() {
        return warnings;
    }

    /** Closes the model, then its files; the thread that drives the model must be done with it. */
    @Override
    public void close() {
        try {
            model.close();
        } finally {
            source.close();
        }
    }
}
