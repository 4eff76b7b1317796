package dev.tramontane.generation;

import dev.tramontane.answer.AnswerReader;
import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.answer.Tools;
import dev.tramontane.chat.ChatPrompt;
import dev.tramontane.engine.TokenScore;
import dev.tramontane.generation.GenerationEvent.Alternative;
import dev.tramontane.generation.GenerationEvent.Token;
import dev.tramontane.generation.guide.ThoughtMeter;
import dev.tramontane.tokenizer.TokenDecoder;
import dev.tramontane.tokenizer.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/** Tokens as people read them. Immutable; any thread. */
final class TokenTexts {
    private static final byte[] NOTHING = {};

    private final Tokenizer tokenizer;

    TokenTexts(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** The token with its text and alternatives, {@code start} code points into its text. */
    Token describe(TokenScore score, int start) {
        int[] ids = score.topIds();
        List<Alternative> tops = List.of();
        if (ids.length > 0) {
            tops = new ArrayList<>(ids.length);
            for (int i = 0; i < ids.length; i++) {
                tops.add(new Alternative(ids[i], spelling(ids[i]), bytes(ids[i]), score.topLogprobs()[i]));
            }
        }
        return new Token(score.id(), spelling(score.id()), bytes(score.id()), score.logprob(), tops, start);
    }

    /** Whether the token stands for no text: a control token, or a row of the embedding that no token owns. */
    boolean isSilent(int id) {
        return id >= tokenizer.size() || tokenizer.isControl(id);
    }

    /** Whether the vocabulary has a control token of that spelling. */
    boolean isControl(String piece) {
        return tokenizer.controlId(piece).isPresent();
    }

    /** The control token of that spelling, if there is one. */
    OptionalInt controlId(String piece) {
        return tokenizer.controlId(piece);
    }

    /** How a control token is written out when the request wants to see it. */
    String piece(int id) {
        return id < tokenizer.size() ? tokenizer.piece(id) : "";
    }

    /**
     * Of the thoughts of one answer.
     *
     * @param style which has thoughts
     * @param tools that the answer may call
     * @param thinking whether the prompt has opened one
     */
    ThoughtMeter meter(AnswerStyle style, Tools tools, boolean thinking) {
        AnswerReader reader = style.reader(tools, this::isControl);
        if (thinking) {
            reader.openThought();
        }
        ThoughtStyle thoughts = Objects.requireNonNull(style.thoughts());
        return new ThoughtMeter(reader, thoughts.close().length(), id -> isSilent(id) ? piece(id) : null, this::bytes);
    }

    TokenDecoder decoder() {
        return tokenizer.decoder();
    }

    /** The text of whole ids, control tokens left out. */
    String decode(int[] ids) {
        TokenDecoder decoder = tokenizer.decoder();
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            if (!isSilent(id)) {
                text.append(decoder.push(id));
            }
        }
        return text.append(decoder.finish()).toString();
    }

    /**
     * The text of whole ids with control tokens spelled out. What stands between two of these is a text of its own, so
     * it loses the blank that encoding puts before one.
     */
    String spell(int[] ids) {
        return new ChatPrompt(pieces(ids)).text();
    }

    /** The same, control tokens and the texts between them apart. */
    List<ChatPrompt.Piece> pieces(int[] ids) {
        List<ChatPrompt.Piece> pieces = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        TokenDecoder decoder = tokenizer.textDecoder();
        for (int id : ids) {
            if (isSilent(id)) {
                pieces.add(new ChatPrompt.Whole(text.append(decoder.finish()).toString()));
                pieces.add(new ChatPrompt.Control(piece(id)));
                text.setLength(0);
                decoder = tokenizer.textDecoder();
            } else {
                text.append(decoder.push(id));
            }
        }
        pieces.add(new ChatPrompt.Whole(text.append(decoder.finish()).toString()));
        return pieces;
    }

    /**
     * The prompt's tokens with where they start in it. {@code scores} begins with the second token's.
     *
     * @param ownText whether the prompt was a text, which lacks the blank that encoding puts before one
     */
    List<Token> describe(int first, List<TokenScore> scores, boolean ownText) {
        List<Token> tokens = new ArrayList<>(scores.size() + 1);
        TokenDecoder decoder = ownText ? tokenizer.textDecoder() : tokenizer.decoder();
        tokens.add(describe(new TokenScore(first, Float.NaN, new int[0], new float[0]), 0));
        int start = codePoints(first, decoder);
        for (TokenScore score : scores) {
            tokens.add(describe(score, start));
            start += codePoints(score.id(), decoder);
        }
        return tokens;
    }

    /** How many code points the token completes. */
    private int codePoints(int id, TokenDecoder decoder) {
        if (isSilent(id)) {
            return 0;
        }
        String text = decoder.push(id);
        return text.codePointCount(0, text.length());
    }

    /** The bytes that the token stands for; none for a silent one. Not to be changed. */
    byte[] bytes(int id) {
        return id < tokenizer.size() ? tokenizer.bytes(id) : NOTHING;
    }

    /** Its text; a part of a character as {@code \xe2\x82} (OpenAI's way); a control token as the file spells it. */
    private String spelling(int id) {
        if (isSilent(id)) {
            return piece(id);
        }
        byte[] bytes = tokenizer.bytes(id);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException partOfCharacter) {
            return "\\x" + HexFormat.ofDelimiter("\\x").formatHex(bytes);
        }
    }
}
