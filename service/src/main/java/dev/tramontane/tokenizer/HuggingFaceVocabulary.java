package dev.tramontane.tokenizer;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The tokens of a {@code tokenizer.json}: its BPE model and the tokens that are added to it. */
final class HuggingFaceVocabulary {
    private @Nullable String[] pieces = new @Nullable String[1 << 15];
    private int size;
    private final List<String> merges = new ArrayList<>();
    private final Map<Integer, AddedToken> added = new LinkedHashMap<>();
    private boolean hasModel;
    private boolean hasVocabulary;
    private boolean hasMerges;
    private @Nullable String unknown;
    private boolean fusesUnknown;
    private boolean byteFallback;
    private boolean ignoresMerges;

    void readModel(JsonStream json) {
        hasModel = true;
        json.enterObject();
        for (String name = json.nextName(); name != null; name = json.nextName()) {
            switch (name) {
                case "type" -> {
                    String type = json.string();
                    if (!type.equals("BPE")) {
                        throw json.fault("the model " + Quoted.of(type) + " is not supported; only BPE is");
                    }
                }
                case "dropout" -> {
                    if (!json.takeNull() && json.number(0, 1) != 0) {
                        throw json.fault("model.dropout is not supported: ids would be random");
                    }
                }
                case "continuing_subword_prefix", "end_of_word_suffix" -> {
                    if (!json.takeNull() && !json.string().isEmpty()) {
                        throw json.fault("model." + name + " is not supported");
                    }
                }
                case "unk_token" -> unknown = json.takeNull() ? null : json.string();
                case "fuse_unk" -> fusesUnknown = flag(json);
                case "byte_fallback" -> byteFallback = flag(json);
                case "ignore_merges" -> ignoresMerges = flag(json);
                case "vocab" -> readPieces(json);
                case "merges" -> readMerges(json);
                default -> throw json.fault("the field model." + Quoted.of(name) + " is not known");
            }
        }
    }

    private static boolean flag(JsonStream json) {
        return !json.takeNull() && json.bool();
    }

    private void readPieces(JsonStream json) {
        hasVocabulary = true;
        json.enterObject();
        for (String piece = json.nextName(); piece != null; piece = json.nextName()) {
            int id = (int) json.integer(0, VocabularyCheck.MOST_TOKENS - 1);
            String other = piece(id);
            if (other != null) {
                throw json.fault(
                        "model.vocab gives the id " + id + " to " + Quoted.of(other) + " and to " + Quoted.of(piece));
            }
            put(id, piece);
        }
    }

    private void readMerges(JsonStream json) {
        hasMerges = true;
        json.enterArray();
        while (json.nextElement()) {
            if (merges.size() == VocabularyCheck.MOST_MERGES) {
                throw json.fault("model.merges has more than " + VocabularyCheck.MOST_MERGES + " merges");
            }
            String path = json.path();
            merges.add(
                    switch (json.value()) {
                        case String merge -> merge;
                        case List<?> pair when pair.size() == 2 -> joined(pair, path);
                        case null, default ->
                            throw new InvalidJsonException(path, path + " must be two pieces, as one string or as two");
                    });
        }
    }

    private static String joined(List<?> pair, String path) {
        String left = JsonFields.string(pair.get(0), path);
        String right = JsonFields.string(pair.get(1), path);
        if (left.indexOf(' ') >= 0 || right.indexOf(' ') >= 0) {
            throw new InvalidJsonException(path, path + " merges a piece with a space in it, which is not supported");
        }
        return left + " " + right;
    }

    void readAdded(JsonStream json) {
        if (json.takeNull()) {
            return;
        }
        json.enterArray();
        while (json.nextElement()) {
            JsonFields fields = new JsonFields(json.object(), json.path());
            int id = fields.integer("id", -1, 0, VocabularyCheck.MOST_TOKENS - 1);
            if (id < 0) {
                throw fields.missing("id");
            }
            AddedToken token = AddedToken.read(id, fields);
            if (added.putIfAbsent(id, token) != null) {
                throw new InvalidJsonException(
                        fields.path("id"), fields.path("id") + " is " + id + " for the second time");
            }
        }
    }

    /** Adds a token, or changes how one is found; tokenizer_config.json has the last word, as in transformers. */
    void add(AddedToken token) {
        added.put(token.id(), token);
    }

    /** Puts the added tokens beside the model's. */
    void finish() {
        if (!hasModel || !hasVocabulary || !hasMerges) {
            String missing = !hasModel ? "model" : !hasVocabulary ? "model.vocab" : "model.merges";
            throw new VocabularyException(HuggingFaceFile.NAME + " has no " + missing + ".");
        }
        for (AddedToken token : added.values()) {
            String other = piece(token.id());
            if (other == null) {
                put(token.id(), token.content());
            } else if (!other.equals(token.content())) {
                throw new VocabularyException("The added token " + Quoted.of(token.content()) + " has the id "
                        + token.id() + " of " + Quoted.of(other) + ".");
            }
        }
    }

    private @Nullable String piece(int id) {
        return id < size ? pieces[id] : null;
    }

    private void put(int id, String piece) {
        if (id >= pieces.length) {
            pieces = Arrays.copyOf(pieces, Math.max(id + 1, 2 * pieces.length));
        }
        pieces[id] = piece;
        size = Math.max(size, id + 1);
    }

    /** The pieces by their ids; a hole is an empty one, which the check of vocabularies refuses. */
    List<String> pieces() {
        List<String> list = new ArrayList<>(size);
        for (int id = 0; id < size; id++) {
            String piece = pieces[id];
            list.add(piece == null ? "" : piece);
        }
        return list;
    }

    /** The type of each id. */
    int[] types() {
        int[] types = new int[size];
        Arrays.fill(types, TokenType.NORMAL);
        for (int id = 0; byteFallback && id < size; id++) {
            String piece = pieces[id];
            if (piece != null && ByteTokens.byteOf(piece) >= 0) {
                types[id] = TokenType.BYTE;
            }
        }
        for (AddedToken token : added.values()) {
            types[token.id()] = token.special() ? TokenType.CONTROL : TokenType.USER_DEFINED;
        }
        return types;
    }

    SpecialRules specialRules() {
        SpecialRules rules = new SpecialRules();
        for (AddedToken token : added.values()) {
            rules.stripsLeft().set(token.id(), token.stripsLeft());
            rules.stripsRight().set(token.id(), token.stripsRight());
            rules.normalized().set(token.id(), token.normalized());
        }
        return rules;
    }

    /** The id of a token that another part of the files names. */
    OptionalInt id(@Nullable String piece, String what) {
        if (piece == null) {
            return OptionalInt.empty();
        }
        for (int id = 0; id < size; id++) {
            if (piece.equals(pieces[id])) {
                return OptionalInt.of(id);
            }
        }
        throw new VocabularyException("The " + what + " " + Quoted.of(piece) + " is not in the vocabulary.");
    }

    OptionalInt unknown() {
        return id(unknown, "unk_token");
    }

    boolean fusesUnknown() {
        return fusesUnknown;
    }

    boolean byteFallback() {
        return byteFallback;
    }

    boolean ignoresMerges() {
        return ignoresMerges;
    }

    List<String> merges() {
        return merges;
    }
}
