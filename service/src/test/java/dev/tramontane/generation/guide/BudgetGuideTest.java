package dev.tramontane.generation.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.engine.MaskWork;
import dev.tramontane.structure.Form;
import dev.tramontane.structure.Structure;
import dev.tramontane.structure.StructureLimits;
import dev.tramontane.structure.TokenTree;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Thoughts end at their budget, whatever is drawn, and the answer goes on. Tokens are bytes, some pieces of a mark, and control tokens. */
final class BudgetGuideTest {
    private static final int PIECE = 256;
    private static final List<String> PIECES = List.of("</", "think", ">\n", "nk>", "</think>", "e\u0301");
    private static final int OPEN = PIECE + PIECES.size();
    private static final int CLOSE = OPEN + 1;
    private static final int END = CLOSE + 1;
    private static final int SIZE = END + 1;
    private static final byte[] NOTHING = {};
    private static final Tokens TOKENS = new Tokens(SIZE, id -> id >= OPEN, BudgetGuideTest::bytes);
    private static final Structure MARK =
            Structure.of(Form.text("</think>"), TokenTree.of(SIZE, BudgetGuideTest::bytes), StructureLimits.DEFAULT);

    private static byte[] bytes(int id) {
        if (id < PIECE) {
            return new byte[] {(byte) id};
        }
        return id < OPEN ? PIECES.get(id - PIECE).getBytes(StandardCharsets.UTF_8) : NOTHING;
    }

    private static BudgetGuide spelled(int budget, boolean thinking) {
        ThoughtMeter meter = new ThoughtMeter(ThoughtStyle.TAGS, OptionalInt.empty(), OptionalInt.empty(), thinking);
        return new BudgetGuide(null, TOKENS, meter, budget, OptionalInt.empty(), MARK);
    }

    private static BudgetGuide marked(int budget, boolean thinking) {
        OptionalInt close = OptionalInt.of(CLOSE);
        ThoughtMeter meter = new ThoughtMeter(ThoughtStyle.MISTRAL, OptionalInt.of(OPEN), close, thinking);
        return new BudgetGuide(null, TOKENS, meter, budget, close, null);
    }

    private static List<Integer> allowed(BudgetGuide guide) {
        long[] words = new long[(SIZE + 63) / 64];
        assertThat(guide.mask(words, new MaskWork(MaskWork.STEP))).isTrue();
        List<Integer> ids = new ArrayList<>();
        for (int id = 0; id < SIZE; id++) {
            if ((words[id >> 6] >>> id & 1) != 0) {
                ids.add(id);
            }
        }
        assertThat(ids).as("a mask leaves some token").isNotEmpty();
        return ids;
    }

    /** Draws so many tokens by chance, ends left out. */
    private static List<Integer> walk(BudgetGuide guide, long seed, int length) {
        Random random = new Random(seed);
        List<Integer> drawn = new ArrayList<>();
        while (drawn.size() < length) {
            List<Integer> allowed = allowed(guide);
            int token = allowed.get(random.nextInt(allowed.size()));
            if (token != END) {
                assertThat(guide.accept(token))
                        .as("token %s after %s", token, drawn)
                        .isTrue();
                drawn.add(token);
            }
        }
        return drawn;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 7, 20})
    void controlTokensEndIt(int budget) {
        for (int seed = 0; seed < 40; seed++) {
            List<Integer> drawn = walk(marked(budget, true), seed, 60);
            assertThat(drawn.indexOf(CLOSE)).as("%s", drawn).isBetween(0, budget + 3);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 7, 20})
    void marksThatAreTextEndIt(int budget) {
        for (int seed = 0; seed < 40; seed++) {
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            List<Integer> drawn = walk(spelled(budget, true), seed, 60);
            drawn.stream().limit(budget + 3 + "</think>".length()).forEach(id -> text.writeBytes(bytes(id)));
            assertThat(text.toString(StandardCharsets.UTF_8)).contains("</think>");
        }
    }

    /** Half a mark of its own, and half a character, when the budget is spent. */
    @Test
    void whatIsHalf() {
        BudgetGuide guide = spelled(2, true);
        assertThat(guide.accept(PIECE)).isTrue(); // </
        assertThat(guide.accept(0xc3)).isTrue();
        assertThat(guide.isComplete()).isFalse();
        assertThat(allowed(guide)).allMatch(id -> id >= 0x80 && id < 0xc0).hasSize(64);
        assertThat(guide.accept(0xa9)).isTrue();
        assertThat(allowed(guide)).containsExactlyInAnyOrder((int) '<', PIECE, PIECE + PIECES.indexOf("</think>"));
        assertThat(guide.accept('a')).isFalse();
        assertThat(guide.accept(PIECE)).isTrue();
        assertThat(allowed(guide)).containsExactlyInAnyOrder((int) 't', PIECE + 1);
        assertThat(guide.accept(PIECE + 1)).isTrue();
        assertThat(guide.accept('>')).isTrue();
        assertThat(guide.isComplete()).isTrue();
        assertThat(allowed(guide)).hasSize(SIZE);
    }

    /** Thoughts that the model opens itself, counted without their marks; what comes without a thought is nobody's. */
    @Test
    void tokensOfThoughts() {
        ThoughtMeter spelled = new ThoughtMeter(ThoughtStyle.TAGS, OptionalInt.empty(), OptionalInt.empty(), false);
        for (String piece :
                List.of("\n", "<th", "ink>", "\n", "a", "b<", "/think", "></think", ">\n", "c", "<think>", "d")) {
            spelled.take(0, piece.getBytes(StandardCharsets.UTF_8));
        }
        assertThat(spelled.tokens())
                .as("line break, a, b<: the mark begins within the third")
                .isEqualTo(3);
        ThoughtMeter words = new ThoughtMeter(ThoughtStyle.TAGS, OptionalInt.empty(), OptionalInt.empty(), false);
        for (String piece : List.of("<thin", "g>", "<think>", "a")) {
            words.take(0, piece.getBytes(StandardCharsets.UTF_8));
        }
        assertThat(words.tokens()).isZero();
        ThoughtMeter marked =
                new ThoughtMeter(ThoughtStyle.MISTRAL, OptionalInt.of(OPEN), OptionalInt.of(CLOSE), false);
        for (int id : new int[] {'a', OPEN, 'b', 'c', CLOSE, 'd', OPEN, 'e', CLOSE, CLOSE}) {
            marked.take(id, bytes(id));
        }
        assertThat(marked.tokens()).isEqualTo(3);
    }
}
