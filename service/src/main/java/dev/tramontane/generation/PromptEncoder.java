package dev.tramontane.generation;

import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.ChatLayoutException;
import dev.tramontane.chat.ChatPrompt;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.tokenizer.EncodingLimit;
import dev.tramontane.tokenizer.PromptText;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.TooManyTokensException;
import dev.tramontane.tokenizer.UnreadableTokenException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Turns prompts into ids. Takes time; runs on the prompt threads. Immutable. */
final class PromptEncoder {
    private final Tokenizer tokenizer;
    private final TokenTexts texts;
    private final ChatLayout layout;
    private final InfillLayout infill;
    private final int vocabulary;

    PromptEncoder(Tokenizer tokenizer, ChatLayout layout, int vocabulary) {
        this.tokenizer = tokenizer;
        this.texts = new TokenTexts(tokenizer);
        this.layout = layout;
        infill = new InfillLayout(tokenizer);
        this.vocabulary = vocabulary;
    }

    /**
     * Encodes a prompt, or gives it up as soon as it is certain to be too long or nobody wants it any more.
     *
     * @throws GenerationException INVALID when there is nothing to continue or it cannot be laid out
     * @throws TooManyTokensException when it has more tokens than the limit allows
     * @throws java.util.concurrent.CancellationException when nobody wants it any more
     */
    PreparedPrompt encode(Prompt prompt, EncodingLimit limit) {
        PreparedPrompt prepared = tokenize(prompt, limit);
        if (prepared.ids().length == 0) {
            throw invalid("The prompt is empty: it must have at least one token.", "prompt");
        }
        return prepared;
    }

    /** As {@link #encode}, but a prompt may be empty. */
    PreparedPrompt tokenize(Prompt prompt, EncodingLimit limit) {
        try {
            return ids(prompt, limit);
        } catch (UnreadableTokenException unreadable) {
            String parameter = prompt instanceof Prompt.Chat ? "messages" : "prompt";
            throw new GenerationException(
                    Kind.INVALID, String.valueOf(unreadable.getMessage()), parameter, 0, unreadable);
        }
    }

    private PreparedPrompt ids(Prompt prompt, EncodingLimit limit) {
        return switch (prompt) {
            case Prompt.Text text -> {
                int[] encoded = tokenizer.encode(PromptText.of(text.text()), limit);
                int[] ids = text.special() ? withBos(encoded) : encoded;
                yield new PreparedPrompt(ids, text.text(), text.offered() != null && thinks(ids));
            }
            case Prompt.Infill gap -> infill.encode(gap, limit);
            case Prompt.Ids ids -> {
                limit.after(ids.ids().length);
                yield new PreparedPrompt(checked(ids.ids(), "prompt"), texts.decode(ids.ids()));
            }
            case Prompt.LaidOut laidOut -> {
                limit.after(laidOut.ids().length);
                int[] ids = checked(laidOut.ids(), "prompt");
                yield new PreparedPrompt(ids, texts.spell(ids), thinks(ids));
            }
            case Prompt.Chat chat -> layOut(chat, limit);
        };
    }

    /**
     * The text that ids stand for, control tokens spelled out.
     *
     * @throws GenerationException INVALID when one is no token
     */
    String detokenize(int[] ids) {
        return texts.spell(checked(ids, "tokens"));
    }

    private PreparedPrompt layOut(Prompt.Chat chat, EncodingLimit limit) {
        ChatPrompt rendered;
        try {
            rendered = layout.render(chat.conversation());
        } catch (ChatLayoutException refused) {
            throw new GenerationException(Kind.INVALID, messageOf(refused), refused.field(), 0, refused);
        }
        limit.checkWanted(); // Laying out a long conversation takes its time, too.
        int[] ids = ids(rendered.pieces(), limit);
        boolean begun = !rendered.pieces().isEmpty() && rendered.pieces().getFirst() instanceof ChatPrompt.Control;
        int[] laidOut = begun ? ids : withBos(ids);
        int[] spliced = new TokenSplice(texts, chat.computed(), laidOut).ids();
        // Tokens as sampled may be more than the text's own: no reason to refuse what fits.
        return new PreparedPrompt(
                spliced.length <= limit.tokens() ? spliced : laidOut,
                rendered.text(),
                rendered.opensThought(layout.form().thoughts()));
    }

    /** Whether answers to what was laid out as these ids begin within a thought. */
    private boolean thinks(int[] ids) {
        ThoughtStyle style = layout.form().thoughts();
        if (style == null) {
            return false;
        }
        boolean marked = texts.isControl(style.open()); // Else the layout's marks are part of its texts.
        List<ChatPrompt.Piece> pieces = texts.pieces(ids).stream()
                .map(piece -> piece instanceof ChatPrompt.Whole && !marked
                        ? new ChatPrompt.Stretch(piece.text(), true)
                        : piece)
                .toList();
        return new ChatPrompt(pieces).opensThought(style);
    }

    /** What becomes ids by itself: a text of one or more parts, or a control token. */
    private record Unit(PromptText text, @Nullable String control) {}

    /** The ids of all pieces; none of them is encoded if together they are certain to exceed the limit. */
    private int[] ids(List<ChatPrompt.Piece> pieces, EncodingLimit limit) {
        List<Unit> units = units(pieces);
        long least = 0;
        for (Unit unit : units) {
            least += unit.control() == null ? tokenizer.leastTokens(unit.text()) : 1;
        }
        if (least > limit.tokens()) {
            throw new TooManyTokensException(limit.tokens());
        }
        IntStream.Builder ids = IntStream.builder();
        EncodingLimit left = limit;
        for (Unit unit : units) {
            int[] more = unit.control() == null
                    ? tokenizer.encode(unit.text(), left)
                    : new int[] {controlId(unit.control())};
            left = left.after(more.length);
            for (int id : more) {
                ids.add(id);
            }
        }
        return ids.build().toArray();
    }

    /** Stretches that stand together are one text; every other piece is encoded by itself. */
    private static List<Unit> units(List<ChatPrompt.Piece> pieces) {
        List<Unit> units = new ArrayList<>();
        List<PromptText.Part> stretches = new ArrayList<>();
        for (ChatPrompt.Piece piece : pieces) {
            if (piece instanceof ChatPrompt.Stretch(String text, boolean trusted)) {
                stretches.add(new PromptText.Part(text, trusted));
                continue;
            }
            add(stretches, units);
            units.add(new Unit(PromptText.of(piece.text()), piece instanceof ChatPrompt.Control ? piece.text() : null));
        }
        add(stretches, units);
        return units;
    }

    private static void add(List<PromptText.Part> stretches, List<Unit> units) {
        if (!stretches.isEmpty()) {
            units.add(new Unit(new PromptText(stretches), null));
            stretches.clear();
        }
    }

    private int controlId(String token) {
        return tokenizer
                .controlId(token)
                .orElseThrow(() -> invalid(
                        "The vocabulary has no control token " + token + ", which the chat layout needs.", "messages"));
    }

    /** Puts bos in front when the file asks for it and a template has not already done so. */
    private int[] withBos(int[] ids) {
        OptionalInt bos = tokenizer.bos();
        if (!tokenizer.addsBos() || bos.isEmpty() || (ids.length > 0 && ids[0] == bos.getAsInt())) {
            return ids;
        }
        int[] more = new int[ids.length + 1];
        more[0] = bos.getAsInt();
        System.arraycopy(ids, 0, more, 1, ids.length);
        return more;
    }

    private int[] checked(int[] ids, String parameter) {
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= vocabulary) {
                throw invalid(
                        "Token " + ids[i] + " at index " + i + " of " + parameter
                                + " is not below the vocabulary's size, " + vocabulary + ".",
                        parameter);
            }
        }
        return ids;
    }

    private static String messageOf(ChatLayoutException refused) {
        String message = refused.getMessage();
        return message == null ? "The chat layout refused the messages." : message;
    }

    private static GenerationException invalid(String message, String parameter) {
        return new GenerationException(Kind.INVALID, message, parameter, 0);
    }
}
