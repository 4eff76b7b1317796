package dev.tramontane.source;

import dev.tramontane.chat.ChatLayoutException;
import dev.tramontane.chat.MistralSettings;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonLimits;
import dev.tramontane.json.JsonStream;
import dev.tramontane.weights.ModelFileException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** The tokenizer among a directory's files, and the version of Mistral's chat layout that it names. */
final class TokenizerFiles {
    static final String HUGGING_FACE = "tokenizer.json";
    static final String TEKKEN = "tekken.json";
    static final String CONFIG = "tokenizer_config.json";
    private static final String SENTENCE_PIECE = "tokenizer.model";

    private static final JsonLimits TEKKEN_LIMITS = new JsonLimits(256 << 20, 64, 1024, 1 << 20, 4_000_000);

    private final ModelDirectory directory;

    TokenizerFiles(ModelDirectory directory) {
        this.directory = directory;
    }

    /**
     * Mistral's own file, as mistral-common chooses: {@code tekken.json}, else the last of {@code tokenizer.model.v1},
     * {@code .v2} and so on.
     */
    Optional<String> mistrals() {
        if (directory.has(TEKKEN)) {
            return Optional.of(TEKKEN);
        }
        return directory.names().stream()
                .filter(name -> name.startsWith(SENTENCE_PIECE + ".v"))
                .reduce((first, last) -> last);
    }

    /** The file that Mistral's own layout is read with. */
    TokenizerSource ofMistral() {
        return mistrals()
                .map(this::read)
                .or(() -> present(SENTENCE_PIECE))
                .or(() -> present(HUGGING_FACE))
                .orElseThrow(this::none);
    }

    /** The file that a Hugging Face directory is read with. */
    TokenizerSource ofHuggingFace() {
        return present(HUGGING_FACE)
                .or(() -> mistrals().map(this::read))
                .or(() -> present(SENTENCE_PIECE))
                .orElseThrow(this::none);
    }

    /** The file of the first models, without a version in its name. */
    Optional<String> plain() {
        return directory.has(SENTENCE_PIECE) ? Optional.of(SENTENCE_PIECE) : Optional.empty();
    }

    /** The names of all files that a tokenizer or its chat layout may come from. */
    List<String> names() {
        return directory.names().stream()
                .filter(name -> name.startsWith("tokenizer")
                        || name.startsWith("chat_template")
                        || name.equals(TEKKEN)
                        || name.equals(ChatFiles.SYSTEM_PROMPT)
                        || name.equals("special_tokens_map.json"))
                .toList();
    }

    private Optional<TokenizerSource> present(String name) {
        return directory.has(name) ? Optional.of(read(name)) : Optional.empty();
    }

    private TokenizerSource read(String name) {
        String path = directory.resolve(name).toString();
        byte[] bytes = directory.tokenizer(name);
        return switch (name) {
            case TEKKEN -> new TokenizerSource.Tekken(path, bytes);
            case HUGGING_FACE ->
                new TokenizerSource.HuggingFace(
                        path, bytes, directory.has(CONFIG) ? directory.tokenizer(CONFIG) : new byte[0]);
            default -> new TokenizerSource.SentencePiece(path, bytes);
        };
    }

    private ModelFileException none() {
        return ModelFileException.in(directory.path().toString(), "there is no tokenizer")
                .expected(String.join(", ", List.of(HUGGING_FACE, TEKKEN, SENTENCE_PIECE)) + " or " + SENTENCE_PIECE
                        + ".v3")
                .advice("download it from where the model came from");
    }

    /**
     * The version that a Mistral tokenizer's file names: by its name, or in {@code tekken.json}'s configuration.
     *
     * @throws ModelFileException when it is none that is known
     */
    MistralVersion version(String name) {
        String path = directory.resolve(name).toString();
        try {
            return name.equals(TEKKEN) ? ofTekken(path) : MistralVersion.ofFile(name);
        } catch (ChatLayoutException unknown) {
            throw ModelFileException.in(
                            path, String.valueOf(unknown.getMessage()).replaceFirst("\\.$", ""))
                    .cause(unknown)
                    .advice(HyperParameters.OTHER_MODEL);
        }
    }

    private MistralVersion ofTekken(String path) {
        JsonParameters config = tekken(path, "config")
                .orElseThrow(() -> ModelFileException.in(path, "there is no \"config\"")
                        .expected("an object")
                        .advice("download the file again"));
        return MistralVersion.ofTekken(
                config.findString("version").orElseThrow(() -> config.missing("version", "\"v3\" for instance")));
    }

    /**
     * The settings that {@code tekken.json} describes, for models of version 15.
     *
     * @throws ModelFileException when they are none that are known
     */
    Optional<MistralSettings> settings() {
        return tekken(directory.resolve(TEKKEN).toString(), TekkenSettings.KEY).map(TekkenSettings::of);
    }

    /** An object of {@code tekken.json}; a null counts as absent. */
    private Optional<JsonParameters> tekken(String path, String key) {
        MemorySegment bytes = MemorySegment.ofArray(directory.tokenizer(TEKKEN));
        try (JsonStream json = JsonStream.open(bytes, TEKKEN, TEKKEN_LIMITS)) {
            json.enterObject();
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                if (name.equals(key) && !json.takeNull()) {
                    return Optional.of(new JsonParameters(path, key, json.object()));
                }
            }
        } catch (InvalidJsonException malformed) {
            throw ModelFileException.in(path, malformed.reason())
                    .at(malformed.offset())
                    .cause(malformed)
                    .advice("download the file again");
        }
        return Optional.empty();
    }
}
