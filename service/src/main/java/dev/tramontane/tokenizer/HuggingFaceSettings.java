package dev.tramontane.tokenizer;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code tokenizer_config.json} says that changes ids: the names of bos and eos, and added tokens. */
final class HuggingFaceSettings {
    static final String NAME = "tokenizer_config.json";

    private @Nullable String bos;
    private @Nullable String eos;
    private @Nullable Boolean addsBos;
    private final List<AddedToken> added = new ArrayList<>();

    private HuggingFaceSettings() {}

    /** @param utf8 the whole file; empty where there is none */
    static HuggingFaceSettings read(byte[] utf8) {
        HuggingFaceSettings settings = new HuggingFaceSettings();
        if (utf8.length > 0) {
            VocabularyFile.read(utf8, NAME, json -> settings.read(new JsonFields(json.object())));
        }
        return settings;
    }

    private void read(JsonFields fields) {
        bos = token(fields, "bos_token");
        eos = token(fields, "eos_token");
        if (fields.has("add_bos_token")) {
            addsBos = fields.flag("add_bos_token", false);
        }
        fields.only("add_eos_token", false);
        JsonFields tokens = fields.object("added_tokens_decoder");
        Object map = fields.value("added_tokens_decoder");
        if (tokens == null || map == null) {
            return;
        }
        for (Map.Entry<String, @Nullable Object> entry :
                JsonFields.object(map, "added_tokens_decoder").entrySet()) {
            String path = tokens.path(entry.getKey());
            added.add(AddedToken.read(
                    id(entry.getKey(), path), new JsonFields(JsonFields.object(entry.getValue(), path), path)));
        }
    }

    private static int id(String name, String path) {
        if (name.matches("[0-9]{1,7}")) {
            int id = Integer.parseInt(name);
            if (id < VocabularyCheck.MOST_TOKENS) {
                return id;
            }
        }
        throw new InvalidJsonException(
                path, "added_tokens_decoder has the name " + Quoted.of(name) + ", which is no id");
    }

    /** A token is named by its spelling, or by an object that holds it. */
    private static @Nullable String token(JsonFields fields, String name) {
        Object value = fields.value(name);
        return switch (value) {
            case null -> null;
            case String spelling -> spelling;
            default ->
                new JsonFields(JsonFields.object(value, fields.path(name)), fields.path(name))
                        .requiredString("content");
        };
    }

    @Nullable
    String bos() {
        return bos;
    }

    @Nullable
    String eos() {
        return eos;
    }

    /** Whether bos is put in front of a text; null where that is left to tokenizer.json. */
    @Nullable
    Boolean addsBos() {
        return addsBos;
    }

    List<AddedToken> added() {
        return added;
    }
}
