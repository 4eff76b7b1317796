package dev.tramontane.generation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.ChatPrompt;
import dev.tramontane.chat.Conversation;
import dev.tramontane.fixtures.Seeds;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.tokenizer.EncodingLimit;
import dev.tramontane.tokenizer.PromptText;
import dev.tramontane.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A prompt that begins with what was computed already, in the tokens that it was computed in. */
class TokenSpliceTest {
    private static final Tokenizer TOKENIZER = TinyVocabulary.tokenizer();
    private static final TokenTexts TEXTS = new TokenTexts(TOKENIZER);

    private static int[] encoded(String trusted) {
        return TOKENIZER.encode(new PromptText(List.of(new PromptText.Part(trusted, true))));
    }

    /** A byte a token, as the encoder never would. */
    private static int[] bytes(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return IntStream.range(0, bytes.length)
                .map(i -> TinyVocabulary.FIRST_BYTE + (bytes[i] & 0xff))
                .toArray();
    }

    private static int[] join(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }

    private static int[] spliced(int[] computed, int[] laidOut) {
        return new TokenSplice(TEXTS, computed, laidOut).ids();
    }

    private static final List<String> WORDS = List.of("the ", "hen", " and", "é", "🚀", "\n", "t", "he");
    private static final String ASKED = "<|im_start|>user\nand the other<|im_end|>\n<|im_start|>assistant\n";
    private static final String NEXT = "<|im_end|>\n<|im_start|>user\nwas it in the<|im_end|>\n<|im_start|>assistant\n";

    @Test
    void anAnswerIsTakenInTheTokensThatWereSampled() {
        String answer = "the other and the hen 👩‍🚀 in the";
        int[] computed = join(encoded(ASKED), bytes(answer));
        int[] laidOut = encoded(ASKED + answer + NEXT);
        assertThat(Arrays.copyOf(laidOut, computed.length)).isNotEqualTo(computed);
        assertThat(spliced(computed, laidOut)).isEqualTo(join(computed, encoded(NEXT)));
        // With its end, where that is the layout's own, and in the turn after the next.
        int[] ended = join(computed, new int[] {TinyVocabulary.TURN_END});
        assertThat(spliced(ended, laidOut)).isEqualTo(join(computed, encoded(NEXT)));
        int[] further = join(computed, encoded(NEXT), bytes("is it"));
        assertThat(spliced(further, encoded(ASKED + answer + NEXT + "is it" + NEXT)))
                .isEqualTo(join(further, encoded(NEXT)));
    }

    @Test
    void nothingIsTakenThatTheLayoutDoesNotSay() {
        int[] asked = encoded(ASKED);
        int[] laidOut = encoded(ASKED + "the hen" + NEXT);
        for (int[] other : List.of(
                bytes(" the hen"), // A template that strips an answer.
                bytes("The hen"),
                new int[] {TinyVocabulary.END_OF_TEXT}, // Nor is a control token its spelling.
                new int[] {TinyVocabulary.size() + 5})) { // A row of the embedding without a token.
            assertThat(spliced(join(asked, other), laidOut)).isEqualTo(laidOut);
        }
        assertThat(spliced(join(encoded(ASKED.replace("user", "system")), bytes("the hen")), laidOut))
                .isEqualTo(laidOut);
        assertThat(spliced(new int[0], laidOut)).isEqualTo(laidOut);
        int[] spelled = encoded(ASKED);
        int[] spelledOut = TOKENIZER.encode(ASKED); // A user's words.
        assertThat(spliced(spelled, spelledOut)).isEqualTo(spelledOut);
    }

    /** A stop string ended the answer inside a token. */
    @Test
    void itIsTakenUpToTheLastWholeTokenThatAgrees() {
        int[] computed = join(encoded(ASKED), bytes("a t"), encoded(" the"));
        assertThat(spliced(computed, encoded(ASKED + "a t t" + NEXT)))
                .isEqualTo(join(encoded(ASKED), bytes("a t"), encoded(" t" + NEXT)));
    }

    /** Whatever the cuts, the text is the layout's and begins with computed tokens for as long as texts agree. */
    @Test
    void anyTwoCutsOfATextAreOne() {
        Random random = new Random(Seeds.next());
        for (int round = 0; round < 2000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(30); i >= 0; i--) {
                text.append(WORDS.get(random.nextInt(WORDS.size())));
            }
            int[] computed = bytes(text.toString());
            int cut = random.nextInt(computed.length + 1);
            int[] begun = Arrays.copyOf(computed, cut);
            int[] laidOut = TOKENIZER.encode(text + " in the end");
            int[] ids = spliced(begun, laidOut);
            assertThat(TOKENIZER.decode(ids)).isEqualTo(text + " in the end");
            int common = Arrays.mismatch(ids, begun);
            int taken = common < 0 ? cut : common;
            // What is left out is less than one of the layout's tokens.
            assertThat(cut - taken).as(text.toString()).isLessThan(8);
        }
    }

    @Test
    void whatFitsIsNotRefusedForItsTokens() {
        ChatLayout layout = conversation -> new ChatPrompt(
                List.of(new ChatPrompt.Stretch(ASKED, true), new ChatPrompt.Stretch("the other", false)));
        PromptEncoder encoder = new PromptEncoder(TOKENIZER, layout, TinyVocabulary.size());
        Prompt.Chat chat = new Prompt.Chat(
                new Conversation(List.of(), List.of(), true, false, Map.of()),
                join(encoded(ASKED), bytes("the other")));
        int[] sampled = join(encoded(ASKED), bytes("the other"));
        int[] shortest = encoded(ASKED + "the other");
        assertThat(encoder.encode(chat, EncodingLimit.NONE).ids()).isEqualTo(sampled);
        assertThat(encoder.encode(chat, new EncodingLimit(sampled.length, () -> false))
                        .ids())
                .isEqualTo(sampled);
        assertThat(encoder.encode(chat, new EncodingLimit(shortest.length, () -> false))
                        .ids())
                .isEqualTo(shortest);
    }
}
