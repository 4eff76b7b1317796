package dev.tramontane.tokenizer;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonStream;
import dev.tramontane.tokenizer.Vocabulary.Kind;
import dev.tramontane.tokenizer.split.PreTokenizers;
import java.util.HashSet;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A {@code tokenizer.json} of Hugging Face's tokenizers library, of the two families that occur among Mistral's and
 * Llama's models: byte-level BPE, and BPE over characters with byte tokens (what transformers makes of a SentencePiece
 * model). Every stage is checked to be one of those whose effect is known; anything else is refused by name.
 */
final class HuggingFaceFile {
    static final String NAME = "tokenizer.json";
    private static final String SPACE = "\u2581";

    private final HuggingFaceVocabulary tokens = new HuggingFaceVocabulary();
    private final HuggingFaceSettings settings;
    private final Set<Integer> moreEosIds;
    private @Nullable Object normalizer;
    private @Nullable Object preTokenizer;
    private @Nullable Object postProcessor;
    private @Nullable Object decoder;

    private HuggingFaceFile(HuggingFaceSettings settings, Set<Integer> moreEosIds) {
        this.settings = settings;
        this.moreEosIds = moreEosIds;
    }

    /** @throws VocabularyException when a file is damaged, contradicts itself or needs what is not known here */
    static Tokenizer tokenizer(byte[] tokenizerJson, byte[] tokenizerConfig, Set<Integer> moreEosIds) {
        HuggingFaceFile file = new HuggingFaceFile(HuggingFaceSettings.read(tokenizerConfig), moreEosIds);
        VocabularyFile.read(tokenizerJson, NAME, file::read);
        try {
            return file.build();
        } catch (InvalidJsonException invalid) {
            throw new VocabularyException(NAME + ": " + invalid.getMessage());
        }
    }

    private void read(JsonStream json) {
        json.enterObject();
        for (String name = json.nextName(); name != null; name = json.nextName()) {
            switch (name) {
                case "model" -> tokens.readModel(json);
                case "added_tokens" -> tokens.readAdded(json);
                case "normalizer" -> normalizer = json.value();
                case "pre_tokenizer" -> preTokenizer = json.value();
                case "post_processor" -> postProcessor = json.value();
                case "decoder" -> decoder = json.value();
                // Callers say how long a text may be; what was set when the file was written changes no id.
                case "version", "truncation", "padding" -> {}
                default -> throw json.fault("the field " + Quoted.of(name) + " is not known");
            }
        }
    }

    private Tokenizer build() {
        settings.added().forEach(tokens::add);
        tokens.finish();
        HuggingFaceSteps splitting = new HuggingFaceSteps("pre_tokenizer", preTokenizer);
        return splitting.types().endsWith("ByteLevel") ? byteLevel(splitting) : characters(splitting);
    }

    private Tokenizer byteLevel(HuggingFaceSteps splitting) {
        HuggingFaceSteps normalizing = new HuggingFaceSteps("normalizer", normalizer);
        HuggingFaceSteps decoding = new HuggingFaceSteps("decoder", decoder);
        if (!normalizing.types().isEmpty()) {
            throw normalizing.notSupported(" before byte-level BPE");
        }
        if (!decoding.types().equals("ByteLevel")) {
            throw decoding.notSupported(" after byte-level BPE");
        }
        String rule = rule(splitting);
        Vocabulary vocabulary = vocabulary(Kind.BYTE_LEVEL_BPE, rule, false);
        VocabularyCheck.checkSizes(vocabulary);
        VocabularyCheck.check(vocabulary);
        WordRule words = new WordRule(
                PreTokenizers.required(rule), tokens.ignoresMerges(), tokens.unknown(), tokens.fusesUnknown());
        return ByteLevelBpe.of(vocabulary, words, tokens.specialRules());
    }

    /** The name of the rule by which the steps cut a text into words. */
    private static String rule(HuggingFaceSteps splitting) {
        JsonFields bytes = splitting.step("ByteLevel");
        HuggingFaceSteps.require(bytes, "add_prefix_space", false, true);
        bytes.harmless("trim_offsets");
        return switch (splitting.types()) {
            case "ByteLevel" -> {
                HuggingFaceSteps.require(bytes, "use_regex", true, true);
                bytes.end();
                yield "gpt-2";
            }
            case "Digits+ByteLevel" -> {
                JsonFields digits = splitting.step("Digits");
                HuggingFaceSteps.require(digits, "individual_digits", true, false);
                digits.end();
                HuggingFaceSteps.require(bytes, "use_regex", true, true);
                bytes.end();
                yield "smollm";
            }
            case "Split+ByteLevel" -> {
                HuggingFaceSteps.require(bytes, "use_regex", false, true);
                bytes.end();
                yield ruleOfSplit(splitting.step("Split"));
            }
            default -> throw splitting.notSupported("");
        };
    }

    private static String ruleOfSplit(JsonFields split) {
        String expression = HuggingFaceSteps.pattern(split, "Regex");
        // The known expressions match every character, so that these two keep the same words.
        String behaviour = split.requiredString("behavior");
        boolean inverted = split.flag("invert", false);
        split.end();
        if (!(behaviour.equals("Isolated") && !inverted) && !(behaviour.equals("Removed") && inverted)) {
            throw new VocabularyException(NAME + ": a Split that is " + Quoted.of(behaviour)
                    + (inverted ? " and inverted" : "") + " is not supported.");
        }
        String rule = PreTokenizers.nameOf(expression);
        if (rule == null) {
            throw new VocabularyException(
                    NAME + " splits text by the expression " + Quoted.of(expression) + ", which is not known.");
        }
        return rule;
    }

    private Tokenizer characters(HuggingFaceSteps splitting) {
        if (!tokens.byteFallback()) {
            throw new VocabularyException(NAME + ": BPE over characters without byte_fallback is not supported.");
        }
        if (tokens.ignoresMerges()) {
            throw new VocabularyException(NAME + ": BPE over characters with ignore_merges is not supported.");
        }
        SpaceRule spaces = spaces(splitting, new HuggingFaceSteps("normalizer", normalizer));
        boolean stripsSpace = stripsSpace(new HuggingFaceSteps("decoder", decoder));
        Vocabulary vocabulary = vocabulary(Kind.SENTENCEPIECE_BPE, "", spaces.prefix() != SpaceRule.Prefix.NEVER);
        VocabularyCheck.checkSizes(vocabulary);
        VocabularyCheck.checkTokens(vocabulary);
        return CharacterBpe.ofMerges(vocabulary, spaces, stripsSpace, tokens.specialRules());
    }

    private static SpaceRule spaces(HuggingFaceSteps splitting, HuggingFaceSteps normalizing) {
        if (splitting.types().isEmpty()) {
            SpaceRule.Prefix prefix = switch (normalizing.types()) {
                case "Prepend+Replace", "Replace+Prepend" -> {
                    HuggingFaceSteps.require(normalizing.step("Prepend"), "prepend", SPACE, "");
                    normalizing.step("Prepend").end();
                    yield SpaceRule.Prefix.STRETCH;
                }
                case "Replace" -> SpaceRule.Prefix.NEVER;
                default -> throw normalizing.notSupported(" before BPE over characters");
            };
            checkReplace(normalizing.step("Replace"), " ", SPACE);
            return new SpaceRule(prefix, false, true, false);
        }
        if (!splitting.types().equals("Metaspace")) {
            throw splitting.notSupported("");
        }
        if (!normalizing.types().isEmpty()) {
            throw normalizing.notSupported(" before Metaspace");
        }
        return metaspace(splitting.step("Metaspace"));
    }

    private static SpaceRule metaspace(JsonFields step) {
        HuggingFaceSteps.require(step, "replacement", SPACE, "");
        // Files older than prepend_scheme say add_prefix_space.
        String scheme = step.string("prepend_scheme");
        boolean legacy = step.flag("add_prefix_space", true);
        boolean cut = step.flag("split", true);
        step.harmless("str_rep");
        step.end();
        String named = scheme != null ? scheme : legacy ? "always" : "never";
        SpaceRule.Prefix prefix = switch (named) {
            case "always" -> SpaceRule.Prefix.BARE_STRETCH;
            case "first" -> SpaceRule.Prefix.BARE_TEXT;
            case "never" -> SpaceRule.Prefix.NEVER;
            default ->
                throw new VocabularyException(
                        NAME + ": the prepend_scheme " + Quoted.of(named) + " of Metaspace is not known.");
        };
        return new SpaceRule(prefix, false, true, cut);
    }

    private static void checkReplace(JsonFields step, String from, String to) {
        String given = HuggingFaceSteps.pattern(step, "String");
        if (!given.equals(from)) {
            throw new VocabularyException(NAME + ": a step that replaces " + Quoted.of(given) + " is not supported.");
        }
        HuggingFaceSteps.require(step, "content", to, "");
        step.end();
    }

    /** Whether decoding takes a space away that begins the text. */
    private static boolean stripsSpace(HuggingFaceSteps decoding) {
        return switch (decoding.types()) {
            case "Metaspace" -> metaspace(decoding.step("Metaspace")).prefix() != SpaceRule.Prefix.NEVER;
            case "Replace+ByteFallback+Fuse" -> {
                checkReplace(decoding.step("Replace"), SPACE, " ");
                yield false;
            }
            case "Replace+ByteFallback+Fuse+Strip" -> {
                checkReplace(decoding.step("Replace"), SPACE, " ");
                JsonFields strip = decoding.step("Strip");
                HuggingFaceSteps.require(strip, "content", " ", "");
                HuggingFaceSteps.require(strip, "start", 1L, 0L);
                HuggingFaceSteps.require(strip, "stop", 0L, 0L);
                strip.end();
                yield true;
            }
            default -> throw decoding.notSupported(" after BPE over characters");
        };
    }

    private Vocabulary vocabulary(Kind kind, String rule, boolean addsSpace) {
        String templateBos = new HuggingFaceSteps("post_processor", postProcessor).bos();
        String bos = settings.bos() != null ? settings.bos() : templateBos;
        Boolean addsBos = settings.addsBos();
        if (templateBos != null && !templateBos.equals(bos)) {
            throw new VocabularyException(NAME + " puts " + Quoted.of(templateBos) + " in front of a text, but "
                    + HuggingFaceSettings.NAME + " calls bos " + Quoted.of(String.valueOf(bos)) + ".");
        }
        Set<Integer> eosIds = new HashSet<>(moreEosIds);
        OptionalInt eos = tokens.id(settings.eos(), "eos_token");
        eos.ifPresent(eosIds::add);
        return new Vocabulary(
                kind,
                rule,
                tokens.pieces(),
                new float[0],
                tokens.types(),
                tokens.merges(),
                tokens.id(bos, "bos_token"),
                tokens.unknown(),
                eosIds,
                addsBos != null ? addsBos : templateBos != null,
                addsSpace);
    }
}
