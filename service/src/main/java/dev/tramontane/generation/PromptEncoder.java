package dev.tramontane.generation;

import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.ChatLayoutException;
import dev.tramontane.chat.ChatPrompt;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.tokenizer.PromptText;
import dev.tramontane.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** Turns prompts into ids. Takes time; runs on the prompt threads. Immutable. */
final class PromptEncoder {
    private final Tokenizer tokenizer;
    private final TokenTexts texts;
    private final ChatLayout layout;
    private final int vocabulary;

    PromptEncoder(Tokenizer tokenizer, ChatLayout layout, int vocabulary) {
        this.tokenizer = tokenizer;
        this.texts = new TokenTexts(tokenizer);
        this.layout = layout;
        this.vocabulary = vocabulary;
    }

    /** @throws GenerationException INVALID when there is nothing to continue or it cannot be laid out */
    PreparedPrompt encode(Prompt prompt) {
        PreparedPrompt prepared = tokenize(prompt);
        if (prepared.ids().length == 0) {
            throw invalid("The prompt is empty: it must have at least one token.", "prompt");
        }
        return prepared;
    }

    /** As {@link #encode}, but a prompt may be empty. */
    PreparedPrompt tokenize(Prompt prompt) {
        return switch (prompt) {
            case Prompt.Text text -> {
                int[] ids = tokenizer.encode(text.text());
                yield new PreparedPrompt(text.special() ? withBos(ids) : ids, text.text());
            }
            case Prompt.Ids ids -> new PreparedPrompt(checked(ids.ids(), "prompt"), texts.decode(ids.ids()));
            case Prompt.Chat chat -> layOut(chat);
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

    private PreparedPrompt layOut(Prompt.Chat chat) {
        ChatPrompt rendered;
        try {
            rendered = layout.render(chat.conversation());
        } catch (ChatLayoutException refused) {
            throw new GenerationException(Kind.INVALID, messageOf(refused), "messages", 0, refused);
        }
        int[] ids = ids(rendered.pieces());
        boolean begun = !rendered.pieces().isEmpty() && rendered.pieces().getFirst() instanceof ChatPrompt.Control;
        return new PreparedPrompt(begun ? ids : withBos(ids), rendered.text());
    }

    /** Stretches that stand together are one text; every other piece is encoded by itself. */
    private int[] ids(List<ChatPrompt.Piece> pieces) {
        IntStream.Builder ids = IntStream.builder();
        List<PromptText.Part> stretches = new ArrayList<>();
        for (ChatPrompt.Piece piece : pieces) {
            if (piece instanceof ChatPrompt.Stretch(String text, boolean fromTemplate)) {
                stretches.add(new PromptText.Part(text, fromTemplate));
                continue;
            }
            add(stretches, ids);
            if (piece instanceof ChatPrompt.Control(String token)) {
                ids.add(tokenizer
                        .controlId(token)
                        .orElseThrow(() -> invalid(
                                "The vocabulary has no control token " + token + ", which the chat layout needs.",
                                "messages")));
            } else {
                append(tokenizer.encode(piece.text()), ids);
            }
        }
        add(stretches, ids);
        return ids.build().toArray();
    }

    private void add(List<PromptText.Part> stretches, IntStream.Builder ids) {
        if (!stretches.isEmpty()) {
            append(tokenizer.encode(new PromptText(stretches)), ids);
            stretches.clear();
        }
    }

    private static void append(int[] more, IntStream.Builder ids) {
        for (int id : more) {
            ids.add(id);
        }
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
