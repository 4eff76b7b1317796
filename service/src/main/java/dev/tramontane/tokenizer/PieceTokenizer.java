package dev.tramontane.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What both kinds of vocabularies share: the special tokens are cut out first, the text between them is encoded by the
 * kind's own rule.
 */
abstract class PieceTokenizer implements Tokenizer {

    /** What stands before a stretch of text. */
    enum Before {
        NOTHING,
        CONTROL,
        USER_DEFINED
    }

    /** Encodes the stretches of one text, in order. */
    interface TextEncoder {
        /** Encodes {@code text[from, to)}; empty only in front of a user-defined token that begins the text. */
        void encode(String text, int from, int to, Before before);

        /** Encodes part of what the normalizer gave for a stretch. */
        default void encodeNormalized(String text, int from, int to, Before before) {
            encode(text, from, to, before);
        }
    }

    private static final byte[] NO_BYTES = {};

    private final Vocabulary vocabulary;
    private final List<String> pieces;
    private final int[] types;
    private final boolean[] eosIds;
    private final OptionalInt bos;
    private final boolean addsBos;
    private final UnaryOperator<String> spelling;
    private final UnaryOperator<String> normalizer;
    private final SpecialRules rules;
    private final SpecialTokens specials;
    /** Those that are looked for in normalized text. */
    private final @Nullable SpecialTokens normalizedSpecials;

    private final Map<String, Integer> controls = new HashMap<>();
    /** [vocab] what each token stands for. */
    private final byte[][] bytes;

    /**
     * @param spelling gives a text as it is searched and encoded: of the same length, character by character
     * @param normalizer gives a stretch of text, or a special token, with all that the vocabulary changes before it
     *     looks for the tokens that are normalized; it may put characters in front
     * @param rules how special tokens are found
     */
    PieceTokenizer(
            Vocabulary vocabulary,
            UnaryOperator<String> spelling,
            UnaryOperator<String> normalizer,
            SpecialRules rules) {
        this.spelling = spelling;
        this.normalizer = normalizer;
        this.rules = rules;
        this.vocabulary = vocabulary;
        pieces = List.copyOf(vocabulary.pieces());
        types = vocabulary.types();
        bos = vocabulary.bos();
        addsBos = vocabulary.addBos();
        bytes = new byte[pieces.size()][];
        eosIds = new boolean[pieces.size()];
        for (int end : vocabulary.eosIds()) {
            eosIds[end] = true;
        }
        @Nullable String[] spellings = new @Nullable String[pieces.size()];
        @Nullable String[] normalizedSpellings = new @Nullable String[pieces.size()];
        for (int id = 0; id < pieces.size(); id++) {
            String piece = pieces.get(id);
            bytes[id] = SpecialTokens.isControl(types[id]) ? NO_BYTES : bytesOf(piece, types[id]);
            if (SpecialTokens.isSpecial(types[id])) {
                if (rules.normalized().get(id)) {
                    normalizedSpellings[id] = normalizer.apply(piece);
                } else {
                    spellings[id] = spelling.apply(piece);
                }
            }
            if (SpecialTokens.isControl(types[id])) {
                controls.put(piece, id);
            }
        }
        specials = new SpecialTokens(spellings, types);
        normalizedSpecials = rules.normalized().isEmpty() ? null : new SpecialTokens(normalizedSpellings, types);
    }

    /** The bytes of a token that is no control token. Called during construction. */
    abstract byte[] bytesOf(String piece, int type);

    abstract TextEncoder encoder(IdList ids);

    /** What the tokens stand for at most. */
    abstract TokenReach reach();

    /** Whether a space in normalized text stands for U+2581, which is no white space. */
    boolean normalizesSpaces() {
        return false;
    }

    /** Whether {@link #textDecoder} takes away a space that begins a text, because {@link #encode(String)} puts it there. */
    abstract boolean stripsSpace();

    @Override
    public final long leastTokens(PromptText prompt) {
        return reach().leastTokens(prompt);
    }

    /**
     * Counts every token to a reach: the special ones as they are found in texts, others by {@code ordinary}. White space
     * must weigh nothing where {@link #stripsWhiteSpace}.
     */
    final TokenReach withTokens(TokenReach reach, IntConsumer ordinary) {
        for (int id = 0; id < pieces.size(); id++) {
            if (SpecialTokens.isSpecial(types[id])) {
                reach.add(spelling.apply(pieces.get(id)));
                reach.add(normalizer.apply(pieces.get(id)));
            }
            if (!SpecialTokens.isControl(types[id])) {
                ordinary.accept(id);
            }
        }
        return reach;
    }

    /** Whether some special token takes along the white space beside it, whatever its length. */
    final boolean stripsWhiteSpace() {
        return !rules.stripsLeft().isEmpty() || !rules.stripsRight().isEmpty();
    }

    @Override
    public final int[] encode(PromptText prompt, EncodingLimit limit) {
        if (reach().exceeds(prompt, limit.tokens())) {
            throw new TooManyTokensException(limit.tokens());
        }
        String text = spelling.apply(wellFormed(prompt.text()));
        TrustedRanges trusted = new TrustedRanges(prompt.parts());
        IdList ids = new IdList(limit);
        TextEncoder encoder = encoder(ids);
        SpecialSearch search = new SpecialSearch(specials, rules, trusted, text, 0, text.length());
        Before before = Before.NOTHING;
        int done = 0;
        while (search.next()) {
            boolean control = SpecialTokens.isControl(types[search.id()]);
            if (search.start() > done || (search.start() == 0 && !control)) {
                encodeStretch(text, done, search.start(), before, trusted, encoder, ids);
            }
            ids.add(search.id());
            before = control ? Before.CONTROL : Before.USER_DEFINED;
            done = search.end();
        }
        if (text.length() > done) {
            encodeStretch(text, done, text.length(), before, trusted, encoder, ids);
        }
        return ids.toArray();
    }

    /** Encodes what lies between two special tokens; others may be found in it once it is normalized. */
    private void encodeStretch(
            String text, int from, int to, Before before, TrustedRanges trusted, TextEncoder encoder, IdList ids) {
        if (normalizedSpecials == null) {
            encoder.encode(text, from, to, before);
            return;
        }
        if (from == to) {
            return;
        }
        String normalized = normalizer.apply(text.substring(from, to));
        SpecialSearch search = SpecialSearch.ofNormalized(
                normalizedSpecials, rules, trusted, normalized, from, to, !normalizesSpaces());
        Before last = before;
        int done = 0;
        while (search.next()) {
            if (search.start() > done) {
                encoder.encodeNormalized(normalized, done, search.start(), last);
            }
            ids.add(search.id());
            last = SpecialTokens.isControl(types[search.id()]) ? Before.CONTROL : Before.USER_DEFINED;
            done = search.end();
        }
        if (normalized.length() > done) {
            encoder.encodeNormalized(normalized, done, normalized.length(), last);
        }
    }

    /** Lone surrogates have no UTF-8: they become U+FFFD. */
    private static String wellFormed(String text) {
        char[] changed = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
                continue;
            }
            if (changed == null) {
                changed = text.toCharArray();
            }
            changed[i] = '\uFFFD';
        }
        return changed == null ? text : new String(changed);
    }

    @Override
    public final Vocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public final int size() {
        return pieces.size();
    }

    @Override
    public final byte[] bytes(int id) {
        return bytes[id];
    }

    @Override
    public final String piece(int id) {
        return pieces.get(id);
    }

    @Override
    public final boolean isControl(int id) {
        return SpecialTokens.isControl(types[id]);
    }

    @Override
    public final OptionalInt controlId(String piece) {
        Integer id = controls.get(piece);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public final OptionalInt bos() {
        return bos;
    }

    @Override
    public final boolean addsBos() {
        return addsBos;
    }

    @Override
    public final boolean endsGeneration(int id) {
        return eosIds[id];
    }

    @Override
    public final TokenDecoder decoder() {
        return new Utf8Decoder(this, false);
    }

    @Override
    public final TokenDecoder textDecoder() {
        return new Utf8Decoder(this, stripsSpace());
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
