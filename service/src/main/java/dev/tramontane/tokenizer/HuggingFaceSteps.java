package dev.tramontane.tokenizer;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One stage of a {@code tokenizer.json} (normalizer, pre_tokenizer, ...): the steps of which it consists, in order. What
 * is not known is refused by name, never left out.
 */
final class HuggingFaceSteps {
    /** The stage's field with the steps of a sequence, by the stage. */
    private static final Map<String, String> SEQUENCES = Map.of(
            "normalizer", "normalizers",
            "pre_tokenizer", "pretokenizers",
            "post_processor", "processors",
            "decoder", "decoders");

    private final String stage;
    private final List<JsonFields> steps = new ArrayList<>();
    private final List<String> types = new ArrayList<>();

    /** @param value the stage as it is in the file; null where there is none */
    HuggingFaceSteps(String stage, @Nullable Object value) {
        this.stage = stage;
        if (value != null) {
            add(new JsonFields(JsonFields.object(value, stage), stage));
        }
    }

    private void add(JsonFields step) {
        String type = step.requiredString("type");
        if (!type.equals("Sequence")) {
            steps.add(step);
            types.add(type);
            return;
        }
        String name = SEQUENCES.getOrDefault(stage, "");
        List<@Nullable Object> inner = step.array(name);
        if (inner == null) {
            throw step.missing(name);
        }
        step.end();
        // Recursion is bounded by the depth of the document.
        for (int i = 0; i < inner.size(); i++) {
            String path = step.path(name) + "[" + i + "]";
            add(new JsonFields(JsonFields.object(inner.get(i), path), path));
        }
    }

    /** The types of the steps, joined by "+"; empty where the stage does nothing. */
    String types() {
        return String.join("+", types);
    }

    /** The first step of that type. */
    JsonFields step(String type) {
        return steps.get(types.indexOf(type));
    }

    /** A refusal that names all steps. */
    VocabularyException notSupported(String reason) {
        String named = types.stream().map(Quoted::of).collect(Collectors.joining(", "));
        return new VocabularyException(HuggingFaceFile.NAME + ": the " + stage + " "
                + (named.isEmpty() ? "null" : named) + " is not supported" + reason + ".");
    }

    /** Takes a field that must have that value; {@code absent} is what the library assumes where it is not there. */
    static void require(JsonFields step, String name, Object wanted, Object absent) {
        Object given = step.value(name);
        if (!wanted.equals(given == null ? absent : given)) {
            String path = step.path(name);
            throw new InvalidJsonException(
                    path,
                    path + " " + (given == null ? absent : given) + " is not supported, only "
                            + (wanted.equals("\u2581") ? "U+2581" : "'" + wanted + "'") + " is");
        }
    }

    /** The pattern of a step: {@code {"String": ...}} or {@code {"Regex": ...}}. */
    static String pattern(JsonFields step, String kind) {
        JsonFields pattern = step.object("pattern");
        if (pattern == null) {
            throw step.missing("pattern");
        }
        String text = pattern.requiredString(kind);
        pattern.end();
        return text;
    }

    /** The token that the post-processor puts in front of a text, or null. */
    @Nullable
    String bos() {
        Set<String> seen = new HashSet<>();
        String bos = null;
        for (int i = 0; i < steps.size(); i++) {
            String type = types.get(i);
            switch (type) {
                case "ByteLevel" -> {} // Changes offsets only.
                case "TemplateProcessing" -> bos = bosOfTemplate(steps.get(i));
                default -> throw notSupported("");
            }
            if (!seen.add(type)) {
                throw notSupported("");
            }
        }
        return bos;
    }

    private @Nullable String bosOfTemplate(JsonFields template) {
        List<@Nullable Object> single = template.array("single");
        if (single == null) {
            throw template.missing("single");
        }
        template.harmless("pair", "special_tokens");
        template.end();
        String path = template.path("single");
        String bos = null;
        boolean text = false;
        for (int i = 0; i < single.size(); i++) {
            String at = path + "[" + i + "]";
            JsonFields piece = new JsonFields(JsonFields.object(single.get(i), at), at);
            JsonFields token = piece.object("SpecialToken");
            if (token == null) {
                text = true;
            } else if (bos != null || text) {
                throw notSupported(": only one token in front of the text is");
            } else {
                bos = token.requiredString("id");
            }
        }
        if (!text) {
            throw notSupported(": it leaves the text out");
        }
        return bos;
    }
}
