package dev.tramontane.tokenizer;

import dev.tramontane.tokenizer.Vocabulary.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A SentencePiece model file, {@code tokenizer.model}: the message {@code ModelProto} of sentencepiece_model.proto. Only
 * what encoding depends on is read. Models of another kind than BPE, and rules that change other characters than spaces,
 * are refused by name.
 */
final class SentencePieceModel {
    private static final String MODEL = "The SentencePiece model";
    private static final String[] MODEL_TYPES = {"0", "unigram", "BPE", "word", "char"};
    private static final int UNIGRAM = 1;
    private static final int BPE = 2;

    private final List<String> pieces = new ArrayList<>();
    private float[] scores = new float[1 << 15];
    private int[] types = new int[1 << 15];

    // The defaults of the format.
    private long modelType = UNIGRAM;
    private boolean byteFallback;
    private boolean spacesAreSuffixes;
    private String bosPiece = "<s>";
    private String eosPiece = "</s>";
    private String normalizer = "";
    private boolean changesCharacters;
    private boolean addDummyPrefix = true;
    private boolean removeExtraWhitespaces = true;
    private boolean escapeWhitespaces = true;
    private boolean changesDecodedText;

    private SentencePieceModel() {}

    /** @throws VocabularyException when the file is damaged, contradicts itself or needs what is not known here */
    static Tokenizer tokenizer(byte[] file) {
        SentencePieceModel model = new SentencePieceModel();
        model.read(new ProtobufReader(file, "the SentencePiece model"));
        model.check();
        Vocabulary vocabulary = model.vocabulary();
        VocabularyCheck.checkSizes(vocabulary);
        VocabularyCheck.check(vocabulary);
        return SentencePieceBpe.of(vocabulary, model.spaceRule());
    }

    private void read(ProtobufReader model) {
        while (model.next()) {
            switch (model.field()) {
                case 1 -> readPiece(model.message("piece " + pieces.size() + " of the SentencePiece model"));
                case 2 -> readTrainer(model.message("the trainer_spec of the SentencePiece model"));
                case 3 -> readNormalizer(model.message("the normalizer_spec of the SentencePiece model"));
                case 5 -> readDenormalizer(model.message("the denormalizer_spec of the SentencePiece model"));
                default -> model.skip(); // Self-test data, and extensions of others.
            }
        }
    }

    private void readPiece(ProtobufReader from) {
        String piece = "";
        float score = 0;
        long type = TokenType.NORMAL;
        while (from.next()) {
            switch (from.field()) {
                case 1 -> piece = from.string();
                case 2 -> score = from.float32();
                case 3 -> type = from.varint();
                default -> from.skip();
            }
        }
        int id = pieces.size();
        if (id == VocabularyCheck.MOST_TOKENS) {
            throw new VocabularyException(
                    MODEL + " has more than " + VocabularyCheck.MOST_TOKENS + " pieces, the most that are possible.");
        }
        if (type < TokenType.NORMAL || type > TokenType.BYTE) {
            throw new VocabularyException("Token " + id + " has type " + type + "; the types are 1 to 6.");
        }
        if (id == scores.length) {
            scores = Arrays.copyOf(scores, id * 2);
            types = Arrays.copyOf(types, id * 2);
        }
        pieces.add(piece);
        scores[id] = score;
        types[id] = (int) type;
    }

    private void readTrainer(ProtobufReader from) {
        while (from.next()) {
            switch (from.field()) {
                case 3 -> modelType = from.varint();
                case 24 -> spacesAreSuffixes = from.varint() != 0;
                case 35 -> byteFallback = from.varint() != 0;
                case 46 -> bosPiece = from.string();
                case 47 -> eosPiece = from.string();
                default -> from.skip();
            }
        }
    }

    private void readNormalizer(ProtobufReader from) {
        while (from.next()) {
            switch (from.field()) {
                case 1 -> normalizer = from.string();
                case 2 -> changesCharacters = from.bytesLength() > 0;
                case 3 -> addDummyPrefix = from.varint() != 0;
                case 4 -> removeExtraWhitespaces = from.varint() != 0;
                case 5 -> escapeWhitespaces = from.varint() != 0;
                default -> from.skip();
            }
        }
    }

    private void readDenormalizer(ProtobufReader from) {
        while (from.next()) {
            if (from.field() == 2) {
                changesDecodedText = from.bytesLength() > 0;
            } else {
                from.skip();
            }
        }
    }

    private void check() {
        if (modelType != BPE) {
            String name = modelType > 0 && modelType < MODEL_TYPES.length
                    ? MODEL_TYPES[(int) modelType]
                    : Long.toString(modelType);
            throw new VocabularyException(MODEL + " is of the kind " + name + "; only BPE is supported.");
        }
        if (changesCharacters) {
            throw new VocabularyException(MODEL + " changes characters before encoding (normalizer "
                    + Quoted.of(normalizer) + "); only 'identity' is supported.");
        }
        if (changesDecodedText) {
            throw new VocabularyException(MODEL + " changes characters after decoding (denormalizer_spec has a "
                    + "precompiled_charsmap), which is not supported.");
        }
        if (spacesAreSuffixes) {
            throw new VocabularyException(
                    MODEL + " puts spaces behind words (treat_whitespace_as_suffix), which is not supported.");
        }
        int unknowns = 0;
        for (int id = 0; id < pieces.size(); id++) {
            unknowns += types[id] == TokenType.UNKNOWN ? 1 : 0;
            if (types[id] == TokenType.BYTE && !byteFallback) {
                throw new VocabularyException(
                        "Token " + id + " is a byte token, but the SentencePiece model says it has no byte_fallback.");
            }
            if (types[id] == TokenType.USER_DEFINED && removeExtraWhitespaces) {
                throw new VocabularyException("Token " + id + " (" + Quoted.of(pieces.get(id))
                        + ") is user-defined in a SentencePiece model with remove_extra_whitespaces; "
                        + "the two are not supported together.");
            }
        }
        if (unknowns != 1) {
            throw new VocabularyException(MODEL + " has " + unknowns + " unknown tokens; it must have one.");
        }
    }

    private Vocabulary vocabulary() {
        int size = pieces.size();
        OptionalInt bos = control(bosPiece);
        OptionalInt eos = control(eosPiece);
        return new Vocabulary(
                Kind.SENTENCEPIECE_BPE,
                "",
                pieces,
                Arrays.copyOf(scores, size),
                Arrays.copyOf(types, size),
                List.of(),
                bos,
                first(TokenType.UNKNOWN),
                eos.isPresent() ? Set.of(eos.getAsInt()) : Set.of(),
                bos.isPresent(),
                addDummyPrefix);
    }

    private SpaceRule spaceRule() {
        SpaceRule.Prefix prefix = addDummyPrefix ? SpaceRule.Prefix.TEXT : SpaceRule.Prefix.NEVER;
        return new SpaceRule(prefix, removeExtraWhitespaces, escapeWhitespaces, false);
    }

    /** The control token of that spelling. */
    private OptionalInt control(String piece) {
        int id = pieces.indexOf(piece);
        return id >= 0 && types[id] == TokenType.CONTROL ? OptionalInt.of(id) : OptionalInt.empty();
    }

    private OptionalInt first(int type) {
        for (int id = 0; id < pieces.size(); id++) {
            if (types[id] == type) {
                return OptionalInt.of(id);
            }
        }
        return OptionalInt.empty();
    }
}
