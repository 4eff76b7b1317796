package dev.tramontane.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
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
    }

    private static final byte[] NO_BYTES = {};

    final Vocabulary vocabulary;
    private final List<String> pieces;
    private final int[] types;
    private final boolean[] ends;
    private final UnaryOperator<String> spelling;
    private final SpecialTokens specials;
    private final Map<String, Integer> controls = new HashMap<>();
    /** [vocab] what each token stands for. */
    private final byte[][] bytes;

    /** @param spelling gives a text as it is searched and encoded: of the same length, character by character */
    PieceTokenizer(Vocabulary vocabulary, UnaryOperator<String> spelling) {
        this.vocabulary = vocabulary;
        this.spelling = spelling;
        pieces = List.copyOf(vocabulary.pieces());
        types = vocabulary.types();
        bytes = new byte[pieces.size()][];
        ends = new boolean[pieces.size()];
        for (int end : vocabulary.ends()) {
            ends[end] = true;
        }
        @Nullable String[] specialSpelling = new @Nullable String[pieces.size()];
        for (int id = 0; id < pieces.size(); id++) {
            bytes[id] = SpecialTokens.isControl(types[id]) ? NO_BYTES : bytesOf(id);
            if (SpecialTokens.isSpecial(types[id])) {
                specialSpelling[id] = spelling.apply(pieces.get(id));
            }
            if (SpecialTokens.isControl(types[id])) {
                controls.put(pieces.get(id), id);
            }
        }
        specials = new SpecialTokens(specialSpelling, types);
    }

    /** The bytes of a token that is no control token. Called during construction. */
    abstract byte[] bytesOf(int id);

    abstract TextEncoder encoder(IdList ids);

    /** Whether {@link #encode(String)} puts a space before the text, which {@link #textDecoder} takes away. */
    abstract boolean addsSpace();

    @Override
    public final int[] encode(String text) {
        return encode(new PromptText(List.of(new PromptText.Part(text, false))));
    }

    @Override
    public final int[] encode(PromptText prompt) {
        String text = spelling.apply(wellFormed(prompt.text()));
        IdList ids = new IdList();
        TextEncoder encoder = encoder(ids);
        TrustedRanges trusted = new TrustedRanges(prompt.parts());
        Before before = Before.NOTHING;
        int done = 0;
        int at = 0;
        while (at < text.length()) {
            long found = specials.longest(text, at, trusted.endAt(at));
            if (found < 0) {
                at++;
                continue;
            }
            int id = (int) found;
            boolean control = SpecialTokens.isControl(types[id]);
            if (at > done || (at == 0 && !control)) {
                encoder.encode(text, done, at, before);
            }
            ids.add(id);
            before = control ? Before.CONTROL : Before.USER_DEFINED;
            at = (int) (found >>> 32);
            done = at;
        }
        if (at > done) {
            encoder.encode(text, done, at, before);
        }
        return ids.toArray();
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
        return vocabulary.bos();
    }

    @Override
    public final boolean addsBos() {
        return vocabulary.addBos();
    }

    @Override
    public final boolean endsGeneration(int id) {
        return ends[id];
    }

    @Override
    public final TokenDecoder decoder() {
        return new Utf8Decoder(this, false);
    }

    @Override
    public final TokenDecoder textDecoder() {
        return new Utf8Decoder(this, addsSpace());
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Where trusted stretches of a prompt end; asked with rising positions. */
    private static final class TrustedRanges {
        /** Ends of stretches of equal trust, the first of them untrusted (and empty where the prompt is not). */
        private int[] borders = new int[4];

        private int count;
        private int current;

        TrustedRanges(List<PromptText.Part> parts) {
            boolean trusted = false;
            int at = 0;
            for (PromptText.Part part : parts) {
                if (part.trusted() != trusted && !part.text().isEmpty()) {
                    add(at);
                    trusted = !trusted;
                }
                at += part.text().length();
            }
            add(at);
        }

        private void add(int border) {
            if (count == borders.length) {
                borders = Arrays.copyOf(borders, count * 2);
            }
            borders[count++] = border;
        }

        /** The end of the trusted stretch that holds that position; the position itself if it is not trusted. */
        int endAt(int at) {
            while (current < count && borders[current] <= at) {
                current++;
            }
            return (current & 1) == 1 ? borders[current] : at;
        }
    }
}
