package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.weights.ModelFileException;
import java.util.Optional;

/**
 * What a configuration says of quantised weights. FP8 with scales for tensors or output channels is computed, in the
 * three spellings in which it occurs: compressed-tensors' (llm-compressor), transformers' and vLLM's {@code fp8}, and
 * Mistral's own. Everything else is refused by name. How a tensor is stored, the tensor itself says.
 */
final class QuantisationMethod {
    private static final String ADVICE =
            "take the unquantised model and say --quantize q8_0 or q4_0, or take a GGUF file";

    private QuantisationMethod() {}

    /**
     * Checks transformers' {@code quantization_config}.
     *
     * @return the method for people; empty for unquantised weights
     */
    static Optional<String> ofHuggingFace(JsonParameters config) {
        return config.section("quantization_config")
                .or(() -> config.section("compression_config"))
                .map(QuantisationMethod::checked);
    }

    /**
     * Checks {@code quantization} in Mistral's {@code params.json}.
     *
     * @return the method for people; empty for unquantised weights
     */
    static Optional<String> ofMistral(JsonParameters params) {
        return params.section("quantization").map(section -> {
            if (section.has("quant_method")) {
                return checked(section);
            }
            String format = section.string("qformat_weight", "");
            if (!format.equals("fp8_e4m3")) {
                throw refused(section, "qformat_weight", "the weights are in " + quoted(format), quoted("fp8_e4m3"));
            }
            return "FP8 (Mistral's own)";
        });
    }

    private static String checked(JsonParameters section) {
        String method = section.string("quant_method", "").replace('_', '-');
        return switch (method) {
            case "compressed-tensors" -> compressed(section);
            case "fp8", "fbgemm-fp8" -> {
                if (section.has("weight_block_size")) {
                    throw blockWise(section, "weight_block_size");
                }
                String format = section.string("fmt", "e4m3");
                if (!format.equals("e4m3")) {
                    throw refused(section, "fmt", "the weights are FP8 of the kind " + quoted(format), quoted("e4m3"));
                }
                yield "FP8 (" + method + ")";
            }
            case "gptq", "awq", "bitsandbytes" ->
                throw refused(
                        section,
                        "quant_method",
                        "the weights are quantised with "
                                + method.replace("gptq", "GPTQ").replace("awq", "AWQ")
                                + ", which this version does not compute",
                        "weights in F32, F16, BF16 or FP8");
            default ->
                throw refused(
                        section,
                        "quant_method",
                        "the weights are quantised by the method " + quoted(method) + ", which is not known",
                        "compressed-tensors or fp8");
        };
    }

    private static String compressed(JsonParameters section) {
        String format = section.string("format", "dense");
        if (format.equals("dense")) {
            return "none (compressed-tensors, dense)";
        }
        if (!format.equals("float-quantized") && !format.equals("naive-quantized")) {
            throw refused(
                    section,
                    "format",
                    "the weights are in compressed-tensors' format " + quoted(format)
                            + ", which this version does not compute",
                    "float-quantized (FP8)");
        }
        section.section("sparsity_config")
                .filter(sparsity -> !sparsity.string("format", "dense").equals("dense"))
                .ifPresent(sparsity -> {
                    throw refused(sparsity, "format", "the weights are stored sparsely", quoted("dense"));
                });
        JsonParameters groups =
                section.section("config_groups").orElseThrow(() -> section.missing("config_groups", "an object"));
        for (String name : groups.entries().keySet()) {
            groups.section(name).flatMap(group -> group.section("weights")).ifPresent(QuantisationMethod::checkWeights);
        }
        return "FP8 (compressed-tensors)";
    }

    private static void checkWeights(JsonParameters weights) {
        String strategy = weights.string("strategy", "tensor");
        if (weights.has("block_structure") || strategy.equals("block")) {
            throw blockWise(weights, "strategy");
        }
        if (!strategy.equals("tensor") && !strategy.equals("channel")) {
            throw refused(
                    weights, "strategy", "weights are scaled by " + quoted(strategy), "scales by tensor or channel");
        }
        String type = weights.string("type", "float");
        int bits = weights.count("num_bits", 1, 64, 8);
        if (!type.equals("float") || bits != 8) {
            throw refused(weights, "type", "the weights are " + quoted(type) + " of " + bits + " bits", "float of 8");
        }
    }

    private static ModelFileException blockWise(JsonParameters section, String key) {
        return refused(
                section,
                key,
                "the weights have scales by block (" + quoted(section.spelled(key))
                        + "), which this version does not compute",
                "scales by tensor or channel");
    }

    private static ModelFileException refused(JsonParameters section, String key, String found, String expected) {
        return section.refusal(key, found, expected, ADVICE);
    }
}
