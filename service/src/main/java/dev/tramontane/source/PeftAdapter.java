package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.model.Adapter;
import dev.tramontane.model.Adapter.Matrix;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.weights.ModelFileException;
import dev.tramontane.weights.SafetensorsFile;
import dev.tramontane.weights.SafetensorsTensor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A LoRA adapter as PEFT saves it: {@code adapter_config.json} and {@code adapter_model.safetensors}. Checked whole against
 * the model that it is for; its data lies in the mapped file, and is valid until {@link #close}. Any thread.
 */
public final class PeftAdapter implements AutoCloseable {
    private static final String WEIGHTS = "adapter_model.safetensors";
    private static final String OTHER_BASE =
            "take an adapter of this very base, or serve the base that it was made for";

    /** PEFT's name of a tensor: its prefix, the module, and a or b, in some versions with the adapter's name. */
    private static final Pattern TENSOR =
            Pattern.compile("base_model\\.model\\.(.{1,200})\\.lora_([AB])(?:\\.default)?\\.weight");

    private static final Pattern MODULE =
            Pattern.compile("(?:model\\.)?(?:language_model\\.)?(?:model\\.)?layers\\.(\\d{1,4})\\."
                    + "(?:self_attn\\.(?=[qkvo]_)|mlp\\.(?=gate_|up_|down_))(\\w+_proj)");

    private static final Map<String, Matrix> MATRICES = Map.of(
            "q_proj", Matrix.Q,
            "k_proj", Matrix.K,
            "v_proj", Matrix.V,
            "o_proj", Matrix.OUT,
            "gate_proj", Matrix.GATE,
            "up_proj", Matrix.UP,
            "down_proj", Matrix.DOWN);

    private final SafetensorsFile file;
    private final Adapter adapter;

    private PeftAdapter(SafetensorsFile file, Adapter adapter) {
        this.file = file;
        this.adapter = adapter;
    }

    /**
     * Opens the adapter in a directory.
     *
     * @throws ModelFileException when there is none, or none for such a model that is computed here
     */
    public static PeftAdapter open(Path directory, ModelGeometry geometry) {
        PeftConfig config = config(directory);
        SafetensorsFile file = SafetensorsFile.open(directory.resolve(WEIGHTS));
        try {
            List<Adapter.Part> parts = new Reading(file, config, geometry).parts();
            return new PeftAdapter(file, new Adapter(digest(parts), parts));
        } catch (InternalError cut) { // As a page ends that a mapped file no longer has.
            file.close();
            throw ModelFileException.in(file.name(), "the file was changed while it was read")
                    .cause(cut)
                    .advice("leave it as it is");
        } catch (RuntimeException | Error failure) {
            file.close();
            throw failure;
        }
    }

    private static PeftConfig config(Path directory) {
        ModelDirectory files = ModelDirectory.open(directory);
        if (!files.has(PeftConfig.NAME)) {
            throw ModelFileException.in(directory.toString(), "there is no " + PeftConfig.NAME)
                    .advice("give the directory that PEFT's save_pretrained() wrote");
        }
        return new PeftConfig(files.parameters(PeftConfig.NAME));
    }

    /**
     * Looks whether the adapter in a directory could be opened for such a model, and reads none of its numbers.
     *
     * @return what it says of the model that it was made for
     * @throws ModelFileException as {@link #open}
     */
    public static Optional<String> check(Path directory, ModelGeometry geometry) {
        PeftConfig config = config(directory);
        try (SafetensorsFile file = SafetensorsFile.open(directory.resolve(WEIGHTS))) {
            new Reading(file, config, geometry).parts();
        }
        return config.base();
    }

    /** For whoever copies it while this is open. */
    public Adapter adapter() {
        return adapter;
    }

    /** Whether its numbers are still those of its digest. Reads all of them; of a file that was cut they are not. */
    public boolean isUnchanged() {
        try {
            return digest(adapter.parts()).equals(adapter.digest());
        } catch (InternalError cut) {
            return false;
        }
    }

    @Override
    public void close() {
        file.close();
    }

    /** A module's two tensors, as far as they came up. */
    private static final class Found {
        final int layer;
        final Matrix matrix;
        final String module;
        SafetensorsTensor a;
        SafetensorsTensor b;

        @SuppressWarnings("NullAway.Init") // Both are there when all were seen, or the file is refused.
        Found(int layer, Matrix matrix, String module) {
            this.layer = layer;
            this.matrix = matrix;
            this.module = module;
        }
    }

    private record Reading(SafetensorsFile file, PeftConfig config, ModelGeometry geometry) {

        List<Adapter.Part> parts() {
            List<Map<Matrix, Found>> found = new ArrayList<>();
            for (int layer = 0; layer < geometry.layers(); layer++) {
                found.add(new EnumMap<>(Matrix.class)); // In the order that the kernels want.
            }
            for (SafetensorsTensor tensor : file.tensors()) {
                place(tensor, found);
            }
            List<Adapter.Part> parts = new ArrayList<>();
            Set<String> prefixes = new HashSet<>();
            for (Map<Matrix, Found> layer : found) {
                for (Found one : layer.values()) {
                    parts.add(part(one));
                    prefixes.add(one.module.substring(0, one.module.indexOf("layers.")));
                }
            }
            if (parts.isEmpty() || prefixes.size() > 1) {
                throw ModelFileException.in(
                                file.name(),
                                parts.isEmpty() ? "it adapts nothing" : "its modules have more than one beginning")
                        .advice(HyperParameters.OTHER_FILE);
            }
            requireWhole(found, prefixes.iterator().next());
            return parts;
        }

        private void place(SafetensorsTensor tensor, List<Map<Matrix, Found>> found) {
            Matcher name = TENSOR.matcher(tensor.name());
            Matcher module = MODULE.matcher(name.matches() ? name.group(1) : "");
            if (!module.matches() || !MATRICES.containsKey(module.group(2))) {
                throw refused(
                        tensor,
                        "is none of what is adapted here",
                        "lora_A and lora_B of "
                                + MATRICES.keySet().stream().sorted().toList());
            }
            int layer = Integer.parseInt(module.group(1));
            Matrix matrix = Objects.requireNonNull(MATRICES.get(module.group(2)));
            if (layer >= geometry.layers()) {
                throw refused(tensor, "is of layer " + layer, "layers below " + geometry.layers());
            }
            if (geometry.experts() > 0 && matrix.compareTo(Matrix.GATE) >= 0) {
                throw refused(tensor, "is of a feed-forward of experts, which is not adapted here", "attention alone");
            }
            if (!config.adapts(name.group(1))) {
                throw refused(tensor, "is of a module that target_modules does not name", "what it names");
            }
            Found place = found.get(layer).get(matrix);
            if (place == null) {
                place = new Found(layer, matrix, name.group(1));
                found.get(layer).put(matrix, place);
            }
            boolean isA = name.group(2).equals("A");
            if ((isA ? place.a : place.b) != null || !place.module.equals(name.group(1))) {
                throw refused(tensor, "comes a second time under another name", "one of each");
            }
            if (isA) {
                place.a = tensor;
            } else {
                place.b = tensor;
            }
        }

        private Adapter.Part part(Found found) {
            if (found.a == null || found.b == null) {
                throw ModelFileException.in(
                                file.name(), quoted(found.module) + " has no lora_" + (found.a == null ? "A" : "B"))
                        .advice(HyperParameters.OTHER_FILE);
            }
            int rank = config.rank(found.module);
            requireShape(found.a, List.of((long) rank, found.matrix.columns(geometry)));
            requireShape(found.b, List.of(found.matrix.rows(geometry), (long) rank));
            return new Adapter.Part(
                    found.matrix,
                    found.layer,
                    rank,
                    config.scale(found.module),
                    true,
                    type(found.a),
                    found.a.data().asByteBuffer(),
                    type(found.b),
                    found.b.data().asByteBuffer());
        }

        /** What the configuration names and the file lacks would begin as nothing: more likely the file is not whole. */
        private void requireWhole(List<Map<Matrix, Found>> found, String prefix) {
            for (int layer = 0; layer < found.size(); layer++) {
                for (Map.Entry<String, Matrix> named : MATRICES.entrySet()) {
                    boolean attention = named.getValue().compareTo(Matrix.GATE) < 0;
                    String module = String.format(
                            Locale.ROOT,
                            "%slayers.%d.%s.%s",
                            prefix,
                            layer,
                            attention ? "self_attn" : "mlp",
                            named.getKey());
                    boolean could = attention || geometry.experts() == 0;
                    if (could && !found.get(layer).containsKey(named.getValue()) && config.adapts(module)) {
                        throw ModelFileException.in(file.name(), "there is nothing of " + quoted(module))
                                .expected("what target_modules names")
                                .advice(OTHER_BASE + ", or download the file again");
                    }
                }
            }
        }

        private void requireShape(SafetensorsTensor tensor, List<Long> shape) {
            if (!tensor.shape().equals(shape)) {
                throw refused(tensor, "has the shape " + tensor.shape(), shape + " by the base and the adapter's r");
            }
        }

        private Adapter.Type type(SafetensorsTensor tensor) {
            return switch (tensor.type()) {
                case F32 -> Adapter.Type.F32;
                case F16 -> Adapter.Type.F16;
                case BF16 -> Adapter.Type.BF16;
                default -> throw refused(tensor, "is " + tensor.type(), "F32, F16 or BF16");
            };
        }

        private ModelFileException refused(SafetensorsTensor tensor, String found, String expected) {
            return ModelFileException.in(file.name(), "tensor " + quoted(tensor.name()) + " " + found)
                    .at(tensor.offset())
                    .expected(expected)
                    .advice(OTHER_BASE);
        }
    }

    /** Of all that decides what is computed, whatever file it came in. */
    private static String digest(List<Adapter.Part> parts) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        for (Adapter.Part part : parts) {
            String head = part.matrix() + " " + part.layer() + " " + part.rank() + " "
                    + Float.floatToIntBits(part.scale()) + " " + part.halves() + " " + part.aType() + " " + part.bType()
                    + "\n";
            digest.update(head.getBytes(StandardCharsets.US_ASCII));
            digest.update(part.a().duplicate());
            digest.update(part.b().duplicate());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
