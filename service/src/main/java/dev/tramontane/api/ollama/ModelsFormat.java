package dev.tramontane.api.ollama;

import dev.tramontane.api.openai.ModelFacts;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.generation.ModelProfile;
import dev.tramontane.json.JsonWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.core.JsonGenerator;

/** Models as Ollama's clients read them. */
final class ModelsFormat {
    /** What Ollama writes for a model that stays: the largest of its times from now. */
    private static final Duration FOR_GOOD = Duration.ofNanos(Long.MAX_VALUE);

    private static final double THOUSAND = 1e3;
    private static final double MILLION = 1e6;
    private static final double BILLION = 1e9;

    private ModelsFormat() {}

    /** An entry of {@code /api/tags}. */
    static void tag(JsonGenerator json, ServedModels.Entry model, ModelFacts facts) {
        json.writeStartObject();
        names(json, model);
        modified(json, model);
        files(json, facts);
        details(json, facts);
        if (model.profile() != null) {
            capabilities(json, model.profile());
        }
        json.writeEndObject();
    }

    /** An entry of {@code /api/ps}. */
    static void running(JsonGenerator json, ServedModels.Entry model, ModelFacts facts, int context, Instant now) {
        json.writeStartObject();
        names(json, model);
        files(json, facts);
        details(json, facts);
        ServedModels.Stay stay = model.stay();
        Duration left = stay != null && stay.leftNanos().isPresent()
                ? Duration.ofNanos(stay.leftNanos().getAsLong())
                : FOR_GOOD;
        json.writeStringProperty("expires_at", now.plus(left).toString());
        json.writeNumberProperty("size_vram", facts.onDevice() ? facts.bytes() : 0);
        json.writeNumberProperty("context_length", context);
        json.writeEndObject();
    }

    /** The answer of {@code /api/show}. */
    static byte[] shown(ServedModels.Entry model, ModelFacts facts, ModelProfile profile) {
        return JsonWriter.bytes(json -> {
            json.writeStartObject();
            json.writeStringProperty(
                    "parameters",
                    profile.sampling().told().entrySet().stream()
                            .map(each -> each.getKey() + " " + each.getValue())
                            .collect(Collectors.joining("\n")));
            details(json, facts);
            info(json, model, facts, profile);
            capabilities(json, profile);
            modified(json, model);
            json.writeEndObject();
        });
    }

    private static void names(JsonGenerator json, ServedModels.Entry model) {
        json.writeStringProperty("name", model.id());
        json.writeStringProperty("model", model.id());
    }

    private static void modified(JsonGenerator json, ServedModels.Entry model) {
        json.writeStringProperty(
                "modified_at", Instant.ofEpochSecond(model.createdSeconds()).toString());
    }

    private static void files(JsonGenerator json, ModelFacts facts) {
        json.writeNumberProperty("size", facts.bytes());
        json.writeStringProperty("digest", facts.digest());
    }

    private static void details(JsonGenerator json, ModelFacts facts) {
        json.writeName("details").writeStartObject();
        json.writeStringProperty("parent_model", "");
        json.writeStringProperty("format", facts.format());
        json.writeStringProperty("family", facts.architecture());
        json.writeName("families")
                .writeStartArray()
                .writeString(facts.architecture())
                .writeEndArray();
        json.writeStringProperty("parameter_size", size(facts.parameters()));
        json.writeStringProperty("quantization_level", facts.weights());
        json.writeEndObject();
    }

    /** Keys are GGUF's; the context is the served one, which is what a client may fill. */
    private static void info(JsonGenerator json, ServedModels.Entry model, ModelFacts facts, ModelProfile profile) {
        String family = facts.architecture() + ".";
        json.writeName("model_info").writeStartObject();
        json.writeStringProperty("general.architecture", facts.architecture());
        json.writeStringProperty("general.basename", model.id());
        json.writeNumberProperty("general.parameter_count", facts.parameters());
        json.writeNumberProperty(family + "context_length", profile.contextTokens());
        json.writeNumberProperty(family + "block_count", facts.sizes().layers());
        json.writeNumberProperty(family + "embedding_length", facts.sizes().width());
        json.writeNumberProperty(family + "feed_forward_length", facts.sizes().feedForward());
        json.writeNumberProperty(family + "attention.head_count", facts.sizes().heads());
        json.writeNumberProperty(
                family + "attention.head_count_kv", facts.sizes().kvHeads());
        json.writeNumberProperty(family + "vocab_size", facts.sizes().vocabulary());
        json.writeEndObject();
    }

    private static void capabilities(JsonGenerator json, ModelProfile profile) {
        List<String> all = new ArrayList<>(List.of("completion"));
        if (profile.chats() && profile.form().calls() != null) {
            all.add("tools");
        }
        if (profile.fills()) {
            all.add("insert");
        }
        if (profile.form().thoughts() != null) {
            all.add("thinking");
        }
        json.writeName("capabilities").writeStartArray();
        all.forEach(json::writeString);
        json.writeEndArray();
    }

    /** As Ollama shortens numbers of parameters: 7.2B, 134.52M. */
    static String size(long parameters) {
        if (parameters >= BILLION) {
            return String.format(Locale.ROOT, "%.1fB", parameters / BILLION);
        }
        if (parameters >= MILLION) {
            return String.format(Locale.ROOT, "%.2fM", parameters / MILLION);
        }
        return parameters >= THOUSAND
                ? String.format(Locale.ROOT, "%.2fK", parameters / THOUSAND)
                : Long.toString(parameters);
    }
}
