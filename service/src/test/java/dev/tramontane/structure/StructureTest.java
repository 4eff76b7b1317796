package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class StructureTest {
    private static final TokenTree TOKENS = Vocabularies.random(new Random(7), "abcdefg 0123\u00e9", 500);
    private static final int CONTROL = TOKENS.tokens() - 1;

    @Test
    void aChoiceAllowsItsTextsAndEndsWhereOneIsWhole() {
        Matcher matcher = Structure.choice(List.of("red", "redder", "\u00e9t\u00e9"), TOKENS, StructureLimits.DEFAULT)
                .matcher(CONTROL);
        assertThat(allowed(matcher)).contains((int) 'r', 0xc3).doesNotContain((int) 'e', CONTROL);
        take(matcher, "red");
        assertThat(matcher.isComplete()).isTrue();
        assertThat(matcher.isFinished()).isFalse();
        assertThat(allowed(matcher))
                .contains((int) 'd', CONTROL)
                .allSatisfy(id -> assertThat("der").startsWith(new String(TOKENS.bytes(id), StandardCharsets.UTF_8)));
        take(matcher, "der");
        assertThat(matcher.isFinished()).isTrue();
        assertThat(allowed(matcher)).containsExactly(CONTROL);
    }

    @Test
    void anEndIsTakenOnceAndTakenBack() {
        Matcher matcher = Structure.regex("a*", TOKENS, StructureLimits.DEFAULT).matcher(CONTROL);
        assertThat(matcher.accept(CONTROL)).isTrue();
        assertThat(matcher.isFinished()).isTrue();
        assertThat(allowed(matcher)).isEmpty();
        assertThat(matcher.accept('a')).isFalse();
        matcher.rollback(1);
        assertThat(matcher.accept('a')).isTrue();
    }

    @Test
    void whatIsNotTakenChangesNothing() {
        Matcher matcher = Structure.regex("ab", TOKENS, StructureLimits.DEFAULT).matcher(CONTROL);
        take(matcher, "a");
        for (int other : new int[] {'a', CONTROL, -1, TOKENS.tokens()}) {
            assertThat(matcher.accept(other)).isFalse();
        }
        take(matcher, "b");
        assertThat(matcher.isComplete()).isTrue();
    }

    @Test
    void moreThanIsKnownIsNotTakenBack() {
        Matcher matcher = Structure.regex("a*", TOKENS, StructureLimits.DEFAULT).matcher();
        for (int each = 0; each < 2 * Matcher.HISTORY; each++) {
            take(matcher, "a");
        }
        matcher.rollback(Matcher.HISTORY);
        assertThatThrownBy(() -> matcher.rollback(1)).isInstanceOf(IllegalArgumentException.class);
        take(matcher, "a");
        matcher.rollback(1);
    }

    /** Whoever makes masks for many can see that none takes more than there is. */
    @Test
    void aMaskSaysWhatItTookAndGoesOnFromWhereItWas() {
        Structure structure = Structure.regex("(?:a|b)*a(?:a|b){6}", TOKENS, StructureLimits.DEFAULT);
        long[] mask = new long[structure.maskWords()];
        int whole = Structure.regex("(?:a|b)*a(?:a|b){6}", TOKENS, StructureLimits.DEFAULT)
                .matcher()
                .mask(mask, Integer.MAX_VALUE);
        assertThat(whole).isGreaterThan(20);
        Matcher matcher = structure.matcher();
        int pieces = 0;
        while (true) {
            try {
                int last = matcher.mask(mask, whole / 4);
                assertThat(last).isBetween(1, whole / 2);
                break;
            } catch (WorkExceededException more) {
                pieces++;
            }
        }
        assertThat(pieces).isBetween(1, 12);
        assertThat(structure.matcher().mask(mask, 0)).as("known").isZero();
    }

    /** A long count is a number in a frame: as many states are made for one place as the longest token has bytes, not as the count says. */
    @Test
    void countsOfAMillionCostWhatSmallOnesDo() {
        Structure structure = Structure.regex("(?:ab){1000000}", TOKENS, StructureLimits.DEFAULT);
        Matcher matcher = structure.matcher();
        long[] first = new long[structure.maskWords()];
        matcher.mask(first);
        long once = structure.cachedBytes();
        for (int each = 0; each < 100; each++) {
            take(matcher, "ab");
            long[] later = new long[structure.maskWords()];
            matcher.mask(later);
            assertThat(later).isEqualTo(first);
        }
        assertThat(structure.cachedBytes() - once).isLessThan(200 * 2000);
    }

    @Test
    void whatIsKeptIsBounded() {
        long most = 1 << 16;
        StructureLimits limits = new StructureLimits(1 << 18, 64, 500_000, 4096, 1 << 20, 50_000, most);
        Structure structure = Structure.regex("[a-g]{5000}", TOKENS, limits);
        Matcher matcher = structure.matcher();
        long[] mask = new long[structure.maskWords()];
        long largest = 0;
        for (int each = 0; each < 5000; each++) {
            matcher.mask(mask);
            take(matcher, "a");
            largest = Math.max(largest, structure.cachedBytes());
        }
        assertThat(matcher.isFinished()).isTrue();
        assertThat(largest).isGreaterThan(most / 2).isLessThan(2 * most);
    }

    /** A mask is made piece by piece, none of which takes more than was granted, however large the vocabulary is. */
    @Test
    void aMaskIsGoneOnWithWhereItsWorkEnded() {
        TokenTree large = Vocabularies.random(new Random(9), "abcdefgh \"\n\u00e9", 30_000);
        String pattern = "(?:[a-h]{1,9}[ \n])*\"?[a-e\u00e9]*";
        Matcher whole = Structure.regex(pattern, large, StructureLimits.DEFAULT).matcher();
        Matcher pieces =
                Structure.regex(pattern, large, StructureLimits.DEFAULT).matcher();
        long[] wanted = new long[whole.maskWords()];
        int work = whole.mask(wanted, Integer.MAX_VALUE);
        int granted = 50;
        assertThat(work).isGreaterThan(10 * granted);
        long[] made = new long[pieces.maskWords()];
        int refused = 0;
        while (true) {
            try {
                assertThat(pieces.mask(made, granted)).isLessThanOrEqualTo(granted);
                break;
            } catch (WorkExceededException more) {
                refused++;
            }
        }
        assertThat(made).isEqualTo(wanted);
        assertThat(refused)
                .as("of so many pieces, work that is done over again being little")
                .isBetween(work / granted - 1, 2 * work / granted);
        assertThat(pieces.mask(made, 0)).as("known").isZero();
    }

    /** However little is kept of what was found out: a mask that takes many steps is finished all the same, also where others take theirs in between. */
    @Test
    void aMaskIsFinishedWhateverIsForgottenMeanwhile() {
        TokenTree large = Vocabularies.random(new Random(9), "abcdefgh \"\n\u00e9", 30_000);
        String pattern = "(?:[a-h]{1,900}[ \n]|[a-e]{3,700}\"\u00e9)*";
        StructureLimits limits = new StructureLimits(1 << 18, 64, 500_000, 4096, 1 << 20, 50_000, 1 << 16);
        Structure forgetful = Structure.regex(pattern, large, limits);
        Structure whole = Structure.regex(pattern, large, StructureLimits.DEFAULT);
        String[] texts = {"", "a", "bbb h"};
        int granted = 100;
        List<Matcher> waiting = new ArrayList<>();
        Map<Matcher, long[]> wanted = new HashMap<>();
        int most = 0;
        for (String text : texts) {
            Matcher matcher = forgetful.matcher();
            Matcher other = whole.matcher();
            take(matcher, text);
            take(other, text);
            long[] mask = new long[other.maskWords()];
            most += 4 * (other.mask(mask, Integer.MAX_VALUE) / granted + 1);
            wanted.put(matcher, mask);
            waiting.add(matcher);
        }
        assertThat(most).isGreaterThan(40);
        long[] made = new long[forgetful.maskWords()];
        int steps = 0;
        for (int next = 0; !waiting.isEmpty(); next++) {
            Matcher matcher = waiting.get(next % waiting.size());
            assertThat(++steps).as("steps").isLessThan(most);
            try {
                matcher.mask(made, granted);
            } catch (WorkExceededException more) {
                continue;
            }
            assertThat(made).isEqualTo(wanted.get(matcher));
            waiting.remove(matcher);
        }
    }

    /** What was forgotten and is met again counts like what is new. */
    @Test
    void whatIsKeptAfterForgettingIsCounted() {
        StructureLimits limits = new StructureLimits(1 << 18, 64, 500_000, 4096, 1 << 20, 50_000, 1 << 16);
        Structure structure = Structure.regex("[a-g]{5000}", TOKENS, limits);
        Matcher first = structure.matcher();
        long[] mask = new long[structure.maskWords()];
        take(first, "a".repeat(10));
        Matcher rest = structure.matcher();
        int forgotten = 0;
        long before = 0;
        while (forgotten == 0) { // Until everything was forgotten, which is seen by what is kept.
            rest.mask(mask);
            take(rest, "a");
            forgotten += structure.cachedBytes() < before ? 1 : 0;
            before = structure.cachedBytes();
        }
        long kept = structure.cachedBytes();
        first.mask(mask);
        assertThat(structure.cachedBytes() - kept)
                .as("a state, its frame, and what they are cut to")
                .isGreaterThan(500);
        take(first, "a");
        long once = structure.cachedBytes();
        first.rollback(1);
        take(first, "a");
        assertThat(structure.cachedBytes()).as("known by then").isEqualTo(once);
    }

    /** Which part of a form allows nothing is looked for by counted work, too. */
    @Test
    void thePartThatAllowsNothingIsNamedAsFarAsThatIsCheap() {
        for (int before : List.of(3, 5000)) {
            List<Form> parts = new ArrayList<>();
            for (int at = 0; at < before; at++) {
                parts.add(new Form.Labelled("the part " + at, Form.text("a")));
            }
            parts.add(new Form.Labelled("the last", new Form.JsonSchema(false, false)));
            assertThatThrownBy(() -> Structure.of(new Form.Sequence(parts), TOKENS, StructureLimits.DEFAULT))
                    .isInstanceOf(StructureException.class)
                    .hasMessage(before == 3 ? "the last: no text at all is allowed" : "no text at all is allowed");
        }
    }

    /** What was begun is forgotten with everything else, and then begun again. */
    @Test
    void whatWasBegunOfAMaskMayBeForgotten() {
        TokenTree large = Vocabularies.random(new Random(9), "abcdefgh \"\n\u00e9", 3_000);
        String pattern = "(?:[a-h]{1,900}[ \n])*";
        StructureLimits limits = new StructureLimits(1 << 18, 64, 500_000, 4096, 1 << 20, 50_000, 1 << 16);
        Matcher forgetful = Structure.regex(pattern, large, limits).matcher();
        Matcher other = Structure.regex(pattern, large, StructureLimits.DEFAULT).matcher();
        long[] mask = new long[other.maskWords()];
        long[] wanted = new long[other.maskWords()];
        int ended = 0;
        for (int step = 0; step < 300; step++) {
            try {
                forgetful.mask(mask, 1 + step % 50);
            } catch (WorkExceededException more) {
                ended++;
            }
            take(forgetful, "a");
            forgetful.rollback(1);
            forgetful.mask(mask);
            other.mask(wanted);
            assertThat(mask).isEqualTo(wanted);
            take(forgetful, "a");
            take(other, "a");
        }
        assertThat(ended).isPositive();
    }

    /** Without a token of its own, a byte might be all that fits, and nothing would. */
    @Test
    void whatCannotBeSpelledByteByByteIsNotAllowed() {
        List<byte[]> few = List.of("a".getBytes(StandardCharsets.UTF_8), "ab".getBytes(StandardCharsets.UTF_8));
        TokenTree tokens = TokenTree.of(2, few::get);
        Matcher matcher =
                Structure.regex("a+|ab", tokens, StructureLimits.DEFAULT).matcher();
        assertThat(allowed(matcher)).containsExactly(0);
        assertThatThrownBy(() -> Structure.choice(List.of("ab"), tokens, StructureLimits.DEFAULT))
                .isInstanceOf(StructureException.class)
                .hasMessage("no text at all is allowed");
    }

    @Test
    void threadsShareAStructure() throws Exception {
        String pattern = "(?:[a-c]{1,40} |d+[0-3]*)*";
        Structure alone = Structure.regex(pattern, TOKENS, StructureLimits.DEFAULT);
        // So little that one thread makes another forget.
        StructureLimits limits = new StructureLimits(1 << 18, 64, 500_000, 4096, 1 << 20, 50_000, 1 << 16);
        Structure shared = Structure.regex(pattern, TOKENS, limits);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<List<Integer>>> walks =
                    List.of(() -> walk(shared, 1), () -> walk(shared, 2), () -> walk(shared, 3), () -> walk(shared, 4));
            List<Future<List<Integer>>> walked = threads.invokeAll(walks);
            for (int seed = 1; seed <= 4; seed++) {
                assertThat(walked.get(seed - 1).get()).isEqualTo(walk(alone, seed));
            }
        }
    }

    private static List<Integer> walk(Structure structure, int seed) {
        Random random = new Random(seed);
        Matcher matcher = structure.matcher();
        List<Integer> sizes = new ArrayList<>();
        for (int step = 0; step < 300; step++) {
            List<Integer> allowed = allowed(structure, matcher);
            sizes.add(allowed.hashCode());
            matcher.accept(allowed.get(random.nextInt(allowed.size())));
        }
        return sizes;
    }

    private static List<Integer> allowed(Structure structure, Matcher matcher) {
        long[] mask = new long[structure.maskWords()];
        matcher.mask(mask);
        return Vocabularies.members(mask);
    }

    private static List<Integer> allowed(Matcher matcher) {
        long[] mask = new long[matcher.maskWords()];
        matcher.mask(mask);
        return Vocabularies.members(mask);
    }

    private static void take(Matcher matcher, String text) {
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            assertThat(matcher.accept(each & 0xff)).isTrue();
        }
    }
}
