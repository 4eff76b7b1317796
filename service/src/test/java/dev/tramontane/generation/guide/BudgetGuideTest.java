package dev.tramontane.generation.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.answer.AnswerPart.Thought;
import dev.tramontane.answer.AnswerReader;
import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallStyle;
import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.answer.Tools;
import dev.tramontane.engine.MaskWork;
import dev.tramontane.fixtures.Seeds;
import dev.tramontane.structure.Form;
import dev.tramontane.structure.Structure;
import dev.tramontane.structure.StructureLimits;
import dev.tramontane.structure.TokenTree;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    private static final int CALL = CLOSE + 1;
    private static final int ARGUMENTS = CALL + 1;
    private static final int END = ARGUMENTS + 1;
    private static final int SIZE = END + 1;
    private static final byte[] NOTHING = {};
    private static final List<String> CONTROLS = List.of("[THINK]", "[/THINK]", "[TOOL_CALLS]", "[ARGS]", "</s>");
    private static final Tools TOOLS = new Tools(Map.of("now", Map.of()));
    private static final AnswerStyle SPELLED = new AnswerStyle(CallStyle.OBJECT, ThoughtStyle.TAGS);
    private static final AnswerStyle MARKED = new AnswerStyle(CallStyle.NAMED, ThoughtStyle.MISTRAL);
    private static final Tokens TOKENS = new Tokens(SIZE, id -> id >= OPEN, BudgetGuideTest::bytes);
    private static final Structure MARK =
            Structure.of(Form.text("</think>"), TokenTree.of(SIZE, BudgetGuideTest::bytes), StructureLimits.DEFAULT);

    private static byte[] bytes(int id) {
        if (id < PIECE) {
            return new byte[] {(byte) id};
        }
        return id < OPEN ? PIECES.get(id - PIECE).getBytes(StandardCharsets.UTF_8) : NOTHING;
    }

    private static ThoughtMeter meter(AnswerStyle style, boolean thinking) {
        AnswerReader reader = style.reader(TOOLS, CONTROLS::contains);
        if (thinking) {
            reader.openThought();
        }
        return new ThoughtMeter(
                reader, "</think>".length(), id -> id < OPEN ? null : CONTROLS.get(id - OPEN), BudgetGuideTest::bytes);
    }

    private static BudgetGuide spelled(int budget, boolean thinking) {
        return new BudgetGuide(null, TOKENS, meter(SPELLED, thinking), budget, OptionalInt.empty(), MARK);
    }

    private static BudgetGuide marked(int budget, boolean thinking) {
        return new BudgetGuide(null, TOKENS, meter(MARKED, thinking), budget, OptionalInt.of(CLOSE), null);
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
        Scout scout = new Scout(seed);
        long[] words = new long[(SIZE + 63) / 64];
        List<Integer> drawn = new ArrayList<>();
        while (drawn.size() < length) {
            List<Integer> allowed = allowed(guide);
            assertThat(guide.mask(words, new MaskWork(MaskWork.STEP))).isTrue();
            scout.compare(guide, words);
            int token = allowed.get(random.nextInt(allowed.size()));
            if (token != END) {
                assertThat(guide.accept(token))
                        .as("token %s after %s", token, drawn)
                        .isTrue();
                scout.take(token);
                drawn.add(token);
            }
        }
        assertThat(scout.compared).as("forks that came along").isPositive();
        return drawn;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 7, 20})
    void controlTokensEndIt(int budget) {
        for (int seed = 0; seed < 40; seed++) {
            List<Integer> drawn = walk(marked(budget, true), seed, 60);
            int end = drawn.indexOf(CALL);
            end = end < 0 ? drawn.indexOf(CLOSE) : Math.min(end, drawn.indexOf(CLOSE) & Integer.MAX_VALUE);
            assertThat(end).as("%s", drawn).isBetween(0, budget + 3);
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

    /** A call that begins within a thought is its end: nothing is forced into its name or its arguments. */
    @Test
    void aCallEndsAThought() {
        BudgetGuide guide = marked(3, true);
        for (int token : new int[] {'a', 'b', CALL, 'n', 'o', 'w', ARGUMENTS, '{', '"'}) {
            assertThat(allowed(guide)).as("before %s", token).hasSize(SIZE);
            assertThat(guide.accept(token)).isTrue();
        }
        assertThat(guide.accept(OPEN)).isTrue();
        assertThat(allowed(guide)).as("one token is left").hasSize(SIZE);
        assertThat(guide.accept('c')).isTrue();
        assertThat(allowed(guide)).containsExactly(CLOSE);
    }

    /** Half a character is finished by what the rest of the answer's form allows. */
    @Test
    void theRestOfACharacterIsOfTheForm() {
        Structure form = Structure.of(
                Form.sequence(new Form.Without(List.of("</think>")), Form.text("</think>")),
                TokenTree.of(SIZE, BudgetGuideTest::bytes),
                StructureLimits.DEFAULT);
        BudgetGuide guide = new BudgetGuide(
                new StructureGuide(form.matcher()), TOKENS, meter(SPELLED, true), 1, OptionalInt.empty(), MARK);
        assertThat(guide.accept(0xe0)).isTrue();
        assertThat(allowed(guide)).allMatch(id -> id >= 0xa0 && id < 0xc0).hasSize(32);
    }

    private static int counted(AnswerStyle style, List<String> pieces) {
        ThoughtMeter meter = new ThoughtMeter(
                style.reader(TOOLS, CONTROLS::contains),
                "</think>".length(),
                id -> CONTROLS.contains(pieces.get(id)) ? pieces.get(id) : null,
                id -> pieces.get(id).getBytes(StandardCharsets.UTF_8));
        for (int id = 0; id < pieces.size(); id++) {
            meter.take(id);
        }
        return meter.tokens();
    }

    /** Thoughts that the model opens itself, counted without their marks; what comes without a thought is nobody's. */
    @Test
    void tokensOfThoughts() {
        assertThat(counted(
                        SPELLED,
                        List.of(
                                "\n",
                                "<th",
                                "ink>",
                                "\n",
                                "a",
                                "b<",
                                "/think",
                                "></think",
                                ">\n",
                                "c",
                                "<think>",
                                "d")))
                .as("line break, a, b<: the mark begins within the third")
                .isEqualTo(3);
        assertThat(counted(SPELLED, List.of("<thin", "g>", "<think>", "a"))).isZero();
        assertThat(counted(
                        MARKED,
                        List.of("a", "[THINK]", "b", "c", "[/THINK]", "d", "[THINK]", "e", "[/THINK]", "[/THINK]")))
                .isEqualTo(3);
        assertThat(counted(
                        MARKED, List.of("[THINK]", "a", "[TOOL_CALLS]", "now", "[ARGS]", "{", "[THINK]", "b", "</s>")))
                .as("a, b and the control token that marks nothing")
                .isEqualTo(3);
    }

    /** What is told as a thought is what its budget counts, character for token, whatever comes. */
    @Test
    void readersAndBudgetsAgree() {
        List<String> pieces = List.of(
                "<think>",
                "</think>",
                "<",
                "a",
                " ",
                "\u00e9",
                "[THINK]",
                "[/THINK]",
                "[TOOL_CALLS]",
                "[ARGS]",
                "now",
                "<tool_call>",
                "{\"name\": \"now\", \"arguments\": {\"a\": \"",
                "\"}}",
                "</tool_call>");
        ThoughtStyle tags = new ThoughtStyle("<think>", "</think>", false);
        int thoughts = 0;
        Random random = new Random(Seeds.next());
        for (int i = 0; i < 3000; i++) {
            AnswerStyle style = i % 2 == 0 ? MARKED : new AnswerStyle(CallStyle.OBJECT, tags);
            List<String> answer = new ArrayList<>();
            for (int length = random.nextInt(12); length >= 0; length--) {
                String piece = pieces.get(random.nextInt(pieces.size()));
                if (CONTROLS.contains(piece)) {
                    answer.add(piece);
                } else {
                    piece.chars().forEach(c -> answer.add(Character.toString(c)));
                }
            }
            AnswerReader reader = style.reader(TOOLS, CONTROLS::contains);
            List<AnswerPart> parts = new ArrayList<>();
            int silent = 0;
            for (String token : answer) {
                if (CONTROLS.contains(token)) {
                    boolean inside = reader.isThinking() && !reader.opensThought(token);
                    reader.control(token, parts);
                    silent += inside && reader.isThinking() ? 1 : 0;
                } else {
                    reader.text(token, parts);
                }
            }
            reader.finish(parts);
            int told = parts.stream()
                    .filter(Thought.class::isInstance)
                    .mapToInt(part -> part.text().length())
                    .sum();
            assertThat(counted(style, answer)).as("%s", answer).isEqualTo(told + silent);
            thoughts += told > 0 ? 1 : 0;
        }
        assertThat(thoughts).isGreaterThan(100);
    }
}
