package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Seeds;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Random patterns, judged by the JDK's: whatever masks allow matches, whatever matches is allowed, and every mask is what its definition says. */
class RegexPropertyTest {
    private static final int PATTERNS = 300;
    private static final String LETTERS = "ab\u00e9\ud83d\ude00";

    private final Random random = new Random(Seeds.next());
    private final TokenTree tokens = Vocabularies.random(random, LETTERS + "c\" ", 120);

    @Test
    void everyShortTextIsAllowedIfAndOnlyIfItMatches() {
        int matching = 0;
        for (int round = 0; round < PATTERNS; round++) {
            String pattern = pattern(3);
            Pattern judge = judge(pattern);
            Structure structure = Structure.regex(pattern, tokens, StructureLimits.DEFAULT);
            for (int number = 0; number < 4 * (1 + 4 + 16 + 64 + 256); number += 3) {
                String text = text(number);
                boolean matches = judge.matcher(text).matches();
                matching += matches ? 1 : 0;
                assertThat(allows(structure, text))
                        .as("%s takes '%s'", pattern, text)
                        .isEqualTo(matches);
            }
        }
        assertThat(matching).isGreaterThan(1000);
    }

    @Test
    void whatMasksAllowMatchesAndNoMaskIsEmpty() throws CharacterCodingException {
        int finished = 0;
        for (int round = 0; round < PATTERNS; round++) {
            String pattern = pattern(4);
            int end = tokens.tokens() - 1;
            Structure structure = Structure.regex(pattern, tokens, StructureLimits.DEFAULT);
            Matcher matcher = structure.matcher(end);
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            long[] mask = new long[structure.maskWords()];
            for (int step = 0; step < 40; step++) {
                matcher.mask(mask);
                List<Integer> allowed = Vocabularies.members(mask);
                assertThat(allowed).as("%s after %s", pattern, text).isNotEmpty();
                assertThat(Vocabularies.has(mask, end)).isEqualTo(matcher.isComplete());
                int token = matcher.isComplete() && step > 10 ? end : allowed.get(random.nextInt(allowed.size()));
                assertThat(matcher.accept(token)).isTrue();
                if (token == end) {
                    finished++;
                    String whole = StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(text.toByteArray()))
                            .toString();
                    assertThat(judge(pattern).matcher(whole).matches())
                            .as("%s matches '%s'", pattern, whole)
                            .isTrue();
                    break;
                }
                text.writeBytes(tokens.bytes(token));
            }
        }
        assertThat(finished).isGreaterThan(PATTERNS / 2);
    }

    /** A mask is a walk of a tree, with short cuts and with counts cut; taking a token is neither. */
    @Test
    void aMaskHasExactlyTheTokensThatAreTaken() {
        for (int round = 0; round < PATTERNS; round++) {
            String pattern = pattern(4);
            // So little is kept that it is forgotten again and again.
            StructureLimits forgetful = new StructureLimits(1 << 18, 64, 500_000, 4096, 1 << 20, 50_000, 1 << 16);
            Structure structure =
                    Structure.regex(pattern, tokens, round % 2 == 0 ? forgetful : StructureLimits.DEFAULT);
            Matcher matcher = structure.matcher();
            long[] mask = new long[structure.maskWords()];
            for (int step = 0; step < 8 && !matcher.isFinished(); step++) {
                matcher.mask(mask);
                for (int id = 0; id < tokens.tokens(); id++) {
                    boolean taken = matcher.accept(id);
                    assertThat(Vocabularies.has(mask, id))
                            .as("%s, step %d, token %d", pattern, step, id)
                            .isEqualTo(taken);
                    if (taken) {
                        matcher.rollback(1);
                    }
                }
                List<Integer> allowed = Vocabularies.members(mask);
                matcher.accept(allowed.get(random.nextInt(allowed.size())));
            }
        }
    }

    private boolean allows(Structure structure, String text) {
        Matcher matcher = structure.matcher();
        long[] mask = new long[structure.maskWords()];
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (byte each : bytes) {
            if (!matcher.accept(each & 0xff)) {
                return false;
            }
        }
        matcher.mask(mask);
        return matcher.isComplete();
    }

    private static Pattern judge(String pattern) {
        return Pattern.compile(pattern, Pattern.UNICODE_CHARACTER_CLASS);
    }

    /** The letters of a number in base four. */
    private static String text(int number) {
        int[] letters = LETTERS.codePoints().toArray();
        StringBuilder text = new StringBuilder();
        for (int rest = number; rest > 0; rest = (rest - 1) / 4) {
            text.appendCodePoint(letters[(rest - 1) % 4]);
        }
        return text.toString();
    }

    private String pattern(int depth) {
        return switch (random.nextInt(depth == 0 ? 4 : 9)) {
            case 0 -> "a";
            case 1 -> "[b\u00e9]";
            case 2 -> random.nextBoolean() ? "." : "[^a]";
            case 3 -> random.nextBoolean() ? "\ud83d\ude00" : "(?:|ab)";
            case 4, 5 -> pattern(depth - 1) + pattern(depth - 1);
            case 6 -> "(?:" + pattern(depth - 1) + "|" + pattern(depth - 1) + ")";
            case 7 ->
                "(?:" + pattern(depth - 1) + ")"
                        + List.of("*", "+", "?", "{2,}").get(random.nextInt(4));
            default -> {
                int least = random.nextInt(4);
                int most = least + random.nextInt(random.nextInt(4) == 0 ? 300 : 4);
                yield "(?:" + pattern(depth - 1) + "){" + least + "," + most + "}";
            }
        };
    }
}
