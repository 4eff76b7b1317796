package dev.tramontane.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StopMatcherPropertyTest {

    /** What the whole text gives when it is searched at once: the match that ends first, the longest of equals. */
    private record Expected(String text, String match) {
        static Expected of(String text, List<String> stops, boolean include) {
            int end = Integer.MAX_VALUE;
            String match = "";
            for (String stop : stops) {
                int at = text.indexOf(stop);
                int stopEnd = at + stop.length();
                if (at >= 0 && (stopEnd < end || (stopEnd == end && stop.length() > match.length()))) {
                    end = stopEnd;
                    match = stop;
                }
            }
            if (match.isEmpty()) {
                return new Expected(text, "");
            }
            return new Expected(text.substring(0, include ? end : end - match.length()), match);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void anySplitGivesWhatOneSearchGives(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 4000; round++) {
            List<String> stops = new ArrayList<>();
            for (int i = random.nextInt(4) + 1; i > 0; i--) {
                stops.add(word(random, 1 + random.nextInt(6)));
            }
            String text = word(random, random.nextInt(60));
            boolean include = random.nextBoolean();
            Expected expected = Expected.of(text, stops, include);
            StopMatcher matcher = new StopMatcher(stops, include);
            StringBuilder out = new StringBuilder();
            int at = 0;
            while (at < text.length()) {
                int next = Math.min(text.length(), at + 1 + random.nextInt(7));
                out.append(matcher.push(text.substring(at, next)));
                at = next;
                if (!matcher.stopped()) {
                    assertThat(at - out.length())
                            .as("held back, seed %d round %d", seed, round)
                            .isEqualTo(longestPossible(text.substring(0, at), stops));
                }
            }
            if (!matcher.stopped()) {
                out.append(matcher.finish());
            }
            assertThat(out.toString())
                    .as("seed %d round %d: %s in %s", seed, round, stops, text)
                    .isEqualTo(expected.text());
            assertThat(matcher.match()).isEqualTo(expected.match());
        }
    }

    /** Only what may still become a stop string is held back. */
    private static int longestPossible(String seen, List<String> stops) {
        int longest = 0;
        for (String stop : stops) {
            for (int k = 1; k < stop.length(); k++) {
                if (seen.endsWith(stop.substring(0, k))) {
                    longest = Math.max(longest, k);
                }
            }
        }
        return longest;
    }

    private static String word(Random random, int length) {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < length; i++) {
            word.append("aab€".charAt(random.nextInt(4)));
        }
        return word.toString();
    }

    @Test
    void aTextFullOfNearMatchesTakesLinearTime() {
        String stop = "a".repeat(1000) + "b";
        StopMatcher matcher = new StopMatcher(List.of(stop), false);
        StringBuilder out = new StringBuilder();
        String piece = "a".repeat(1000);
        for (int i = 0; i < 2000; i++) { // Searching anew at every character would take 2e9 comparisons.
            out.append(matcher.push(piece));
        }
        out.append(matcher.finish());
        assertThat(out.length()).isEqualTo(2_000_000);
    }

    @Test
    void nothingFollowsTheMatch() {
        StopMatcher matcher = new StopMatcher(List.of("\n\n"), true);
        assertThat(matcher.push("one\n")).isEqualTo("one");
        assertThat(matcher.push("\ntwo")).isEqualTo("\n\n");
        assertThat(matcher.push("three")).isEmpty();
        assertThat(matcher.finish()).isEmpty();
        assertThat(matcher.match()).isEqualTo("\n\n");
    }
}
