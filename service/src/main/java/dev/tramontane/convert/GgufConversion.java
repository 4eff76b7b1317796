package dev.tramontane.convert;

import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.KernelContext;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stretch.Yarn;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.source.PlannedTensor;
import dev.tramontane.tokenizer.Vocabulary;
import dev.tramontane.weights.GgmlType;
import dev.tramontane.weights.GgufDraft;
import dev.tramontane.weights.GgufOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/**
 * A model on its way into one GGUF file. All of it is planned before a byte is written: names, types, offsets, metadata.
 * Then stretches of rows are converted and written by several threads, so the memory that it takes does not grow with
 * the model. Not thread-safe; valid while its source is open.
 */
public final class GgufConversion {
    /** Elements that are converted at a time: a few megabytes a thread. */
    private static final long STRETCH_ELEMENTS = 1 << 20;

    private final GgufDraft draft;
    private final List<Stretch> stretches = new ArrayList<>();
    private final Map<DType, Integer> types = new EnumMap<>(DType.class);
    private final ModelGeometry geometry;
    private final float[] ropeFactors;
    private final int ropeTensor;

    /** Rows that one worker converts and writes at a time: {@code rows} from {@code from} of a part of a tensor. */
    record Stretch(int tensor, OutputTensor output, int part, long from, int rows) {
        PlannedTensor source() {
            return output.parts().get(part);
        }

        /** Bytes from the start of the tensor in the file. */
        long offset() {
            return part * output.partBytes() + from * output.type().bytes(1, source().columns());
        }
    }

    private GgufConversion(ModelPlan plan, Vocabulary vocabulary, ModelSource source, OutputType type) {
        geometry = plan.geometry();
        Optional<Yarn> yarn = plan.yarn().filter(of -> ModelKeys.say(geometry.stretch(), of));
        ropeFactors = yarn.isPresent() ? new float[0] : plan.ropeFactors();
        draft = new GgufDraft();
        ModelKeys.write(geometry, yarn, type, draft);
        TokenizerKeys.write(
                vocabulary, source.eosIds(geometry.vocabulary()), source.chat(), geometry.vocabulary(), draft);
        ropeTensor = ropeFactors.length == 0
                ? -1
                : draft.tensor("rope_freqs.weight", GgmlType.of(DType.F32), ropeFactors.length);
        for (OutputTensor tensor : OutputTensor.of(plan, type.type())) {
            add(tensor);
        }
    }

    /**
     * Plans the conversion of a source with its own windows.
     *
     * @throws dev.tramontane.weights.ModelFileException when the files do not hold a model that can be run
     */
    public static GgufConversion of(ModelSource source, OutputType type) {
        ModelPlan plan = source.plan(OptionalInt.empty());
        // A GGUF file has no tokens beyond the embedding's rows; the model does not know them anyway.
        Vocabulary vocabulary =
                source.tokenizer(plan).vocabulary().first(plan.geometry().vocabulary());
        return new GgufConversion(plan, vocabulary, source, type);
    }

    private void add(OutputTensor tensor) {
        int index = draft.tensor(tensor.name(), GgmlType.of(tensor.type()), tensor.dims());
        types.merge(tensor.type(), 1, Integer::sum);
        PlannedTensor first = tensor.parts().getFirst();
        long step = Math.max(1, STRETCH_ELEMENTS / first.columns());
        for (int part = 0; part < tensor.parts().size(); part++) {
            for (long from = 0; from < first.rows(); from += step) {
                stretches.add(new Stretch(index, tensor, part, from, (int) Math.min(step, first.rows() - from)));
            }
        }
    }

    /** Bytes of the file to be. */
    public long bytes() {
        return draft.bytes();
    }

    /** How many tensors there will be of each type. */
    public Map<DType, Integer> types() {
        return new EnumMap<>(types);
    }

    /** What a reader of the file should know, a sentence each. */
    public List<String> notes() {
        boolean windowed = geometry.groups().stream().anyMatch(group -> group.window() > 0);
        return windowed
                ? List.of("the model has a sliding window, which this program reads from the file; llama.cpp does not"
                        + " for this architecture and attends to everything")
                : List.of();
    }

    /**
     * Writes the file. Blocks until it is whole or has failed; a file that is not whole is deleted.
     *
     * @param overwrite whether a file at {@code target} is replaced
     * @param threads that convert
     * @param progress hears bytes written and to write, on the calling thread
     * @param stopped asked often, by any thread: true ends the work early
     * @return whether the file was written: false when it was stopped
     * @throws IOException one sentence about the file that cannot be written
     */
    public boolean write(
            Path target,
            boolean overwrite,
            KernelLibrary library,
            int threads,
            KernelContext.Progress progress,
            BooleanSupplier stopped)
            throws IOException, InterruptedException {
        try (GgufOutput output = GgufOutput.create(target, draft, overwrite)) {
            if (ropeTensor >= 0) {
                output.write(ropeTensor, 0, factors());
            }
            if (!new ConversionWorkers(library, output, stretches, stopped).run(threads, progress)) {
                return false;
            }
            output.commit();
            return true;
        }
    }

    private ByteBuffer factors() {
        ByteBuffer bytes = ByteBuffer.allocate(ropeFactors.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(ropeFactors);
        return bytes;
    }
}
