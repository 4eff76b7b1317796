package dev.tramontane.loadtest.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lengths, mixes, keys, and requests by their number. */
class PlanTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"128,128", "uniform:64:512,288", "normal:256:32,256", "exponential:200,200", "lognormal:200:0.5,226.6"})
    void lengthsHaveTheirMean(String text, double mean) {
        Lengths lengths = Lengths.parse("--prompt", text);
        assertThat(lengths).hasToString(text);
        SplittableRandom random = new SplittableRandom(1);
        assertThat(IntStream.range(0, 50_000)
                        .map(i -> lengths.draw(random))
                        .average()
                        .orElseThrow())
                .isCloseTo(mean, within(mean * 0.02));
    }

    @Test
    void lengthsStayWithinWhatARequestCanHave() {
        SplittableRandom random = new SplittableRandom(1);
        Lengths wide = Lengths.parse("--prompt", "lognormal:1000:9");
        assertThat(IntStream.range(0, 10_000).map(i -> wide.draw(random)))
                .allMatch(length -> length >= 1 && length <= Lengths.MOST)
                .contains(1, Lengths.MOST);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "-1",
                "x",
                "uniform:5",
                "uniform:9:5",
                "normal:1",
                "2000000",
                "1e3",
                "zipf:2:3",
                "128:64",
                "NaN"
            })
    void lengthsThatAreNoneAreRefused(String text) {
        assertThatThrownBy(() -> Lengths.parse("--prompt", text))
                .isInstanceOf(InvalidPlanException.class)
                .hasMessageStartingWith("--prompt must be one of TOKENS, uniform:LEAST:MOST,")
                .hasMessageEndingWith("got " + text);
    }

    @Test
    void mixesHaveTheirShares() {
        Mix mix = Mix.parse("--mix", "slow=0.2,cancel=0.1");
        SplittableRandom random = new SplittableRandom(1);
        Map<Behaviour, Integer> drawn = new EnumMap<>(Behaviour.class);
        for (int i = 0; i < 10_000; i++) {
            drawn.merge(mix.draw(random), 1, Integer::sum);
        }
        assertThat(drawn.keySet()).containsExactlyInAnyOrder(Behaviour.STEADY, Behaviour.SLOW, Behaviour.CANCEL);
        assertThat(drawn.get(Behaviour.SLOW)).isCloseTo(2000, within(150));
        assertThat(drawn.get(Behaviour.CANCEL)).isCloseTo(1000, within(120));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "slow",
                "slow=",
                "slow=2",
                "slow=0.6,cancel=0.6",
                "slow=0.1,slow=0.1",
                "steady=1",
                "quick=0.1",
                ","
            })
    void mixesThatAreNoneAreRefused(String text) {
        assertThatThrownBy(() -> Mix.parse("--mix", text))
                .isInstanceOf(InvalidPlanException.class)
                .hasMessageContaining("slow, disconnect, cancel, reconnect");
    }

    @Test
    void whoResumesIsWhoIsCut() {
        assertThatThrownBy(() -> Mix.parse("--mix", "resume=0.1"))
                .isInstanceOf(InvalidPlanException.class)
                .hasMessageContaining("--cut SHARE");
        Mix mix = Mix.parse("--mix", "slow=0.2").with("--cut", Cut.parse("--cut", "0.5"));
        SplittableRandom random = new SplittableRandom(1);
        long cut = IntStream.range(0, 10_000)
                .filter(i -> mix.draw(random) == Behaviour.RESUME)
                .count();
        assertThat(cut).isCloseTo(5000, within(200L));
        assertThatThrownBy(() -> mix.with("--cut", Cut.parse("--cut", "0.81")))
                .isInstanceOf(InvalidPlanException.class)
                .hasMessageContaining("at most 1 together");
    }

    @Test
    void cutsAreWhereTheyAreSaidToBe() {
        SplittableRandom random = new SplittableRandom(1);
        Cut cut = Cut.parse("--cut", "1:0.25..0.75:50");
        assertThat(cut.places(100, random)).hasSize(50).isSorted().allMatch(place -> place >= 25 && place <= 75);
        assertThat(Cut.parse("--cut", "1:0..0:3").places(100, random)).containsExactly(0, 0, 0);
        assertThat(Cut.parse("--cut", "1:1..1").places(100, random)).containsExactly(100);
        assertThat(Cut.parse("--cut", "1:0..1:0").places(100, random)).isEmpty();
        assertThat(Cut.parse("--cut", "")).isEqualTo(Cut.NONE);
        assertThat(workload(Tenants.one(""), 3, "1:0..1:3").ask(5).leaves())
                .isEqualTo(workload(Tenants.one(""), 3, "1:0..1:3").ask(5).leaves())
                .hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"x", "2", "1.1", "0.5:", "0.5:0.9..0.1", "0.5:0..2", "0.5:0..1:", "0.5:0..1:101", "-1", "0.5:1"})
    void cutsThatAreNoneAreRefused(String text) {
        assertThatThrownBy(() -> Cut.parse("--cut", text))
                .isInstanceOf(InvalidPlanException.class)
                .hasMessageStartingWith("--cut must be SHARE[:FROM..TO[:TIMES]]")
                .hasMessageEndingWith("got " + text);
    }

    /** Whatever is wrong, no error shows what stands in a file of keys. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "sk-secret",
                "a sk-secret 0",
                "a sk-secret x",
                "a sk-secret 1 2",
                "a sk-secret\na sk-secret",
                "a sk-secrét",
                "# only a comment"
            })
    void errorsOfKeysDontTellThem(String text) throws IOException {
        Path file = folder.resolve("keys");
        Files.writeString(file, text);
        assertThatThrownBy(() -> Tenants.read(file))
                .isInstanceOf(InvalidPlanException.class)
                .hasMessageStartingWith("--keys " + file)
                .message()
                .doesNotContain("sk-");
        assertThat(new Tenant("a", "sk-secret", 1)).hasToString("a");
    }

    @Test
    void arrivalsAreDividedByShares() throws IOException {
        Path file = folder.resolve("keys");
        Files.writeString(file, "polite k1\nflood k2 40\n");
        Workload workload = workload(Tenants.read(file), 1);
        long polite = IntStream.range(0, 41_000)
                .filter(i -> workload.ask(i).tenant().name().equals("polite"))
                .count();
        assertThat(polite).isCloseTo(1000, within(100L));
    }

    private static Workload workload(Tenants tenants, long seed) {
        return workload(tenants, seed, "");
    }

    private static Workload workload(Tenants tenants, long seed, String cut) {
        return new Workload(
                Workload.drawn(Lengths.parse("--prompt", "uniform:2:50"), Lengths.parse("--answer", "uniform:2:50")),
                tenants,
                Mix.parse("--mix", cut.isEmpty() ? "cancel=0.5" : "").with("--cut", Cut.parse("--cut", cut)),
                seed);
    }

    @Test
    void theSameNumberIsTheSameRequest() {
        Workload workload = workload(Tenants.one(""), 7);
        Ask ask = workload.ask(5);
        workload.ask(6);
        Ask again = workload(Tenants.one(""), 7).ask(5);
        assertThat(again.prompt().text())
                .isEqualTo(ask.prompt().text())
                .isEqualTo(ask.prompt().text());
        assertThat(again.answer()).isEqualTo(ask.answer());
        assertThat(again.behaviour()).isEqualTo(ask.behaviour());
        assertThat(again.leaves()).isEqualTo(ask.leaves());
        assertThat(ask.leaves().getFirst()).isBetween(1, Math.max(1, ask.answer() / 2));
        assertThat(workload(Tenants.one(""), 8).ask(5).prompt().text())
                .isNotEqualTo(ask.prompt().text());
        assertThat(workload.ask(6).prompt().text()).isNotEqualTo(ask.prompt().text());
    }
}
