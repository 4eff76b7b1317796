package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of W3C Trace Context for what a client sends. */
class TraceContextTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String SPAN = "00f067aa0ba902b7";
    private static final String GOOD = "00-" + TRACE + "-" + SPAN + "-01";

    private final Random random = new Random(1);

    private TraceContext of(String parent, String... states) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap().add("Traceparent", parent);
        for (String state : states) {
            headers.add("TraceState", state);
        }
        return TraceContext.of(headers, 0, random);
    }

    @Test
    void aClientsTraceGoesOn() {
        TraceContext context = of(GOOD, "rojo=00f067aa0ba902b7", "congo=t61rcWkgMzE");
        assertThat(context.traceId()).isEqualTo(TRACE);
        assertThat(context.parentId()).isEqualTo(SPAN);
        assertThat(context.spanId()).matches("[0-9a-f]{16}").isNotEqualTo(SPAN);
        assertThat(context.sampled()).isTrue();
        assertThat(context.state()).isEqualTo("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
        TraceContext child = context.child(random);
        assertThat(child.traceId()).isEqualTo(TRACE);
        assertThat(child.parentId()).isEqualTo(context.spanId());
    }

    @Test
    void theClientDecidesWhetherItIsSampled() {
        assertThat(of("00-" + TRACE + "-" + SPAN + "-00").sampled()).isFalse();
        assertThat(of("00-" + TRACE + "-" + SPAN + "-02").sampled()).isFalse();
        assertThat(of("00-" + TRACE + "-" + SPAN + "-ff").sampled()).isTrue();
    }

    /** A later version may say more; what this one knows of it holds. */
    @Test
    void laterVersionsAreRead() {
        assertThat(of("01-" + TRACE + "-" + SPAN + "-01").traceId()).isEqualTo(TRACE);
        assertThat(of("cc-" + TRACE + "-" + SPAN + "-01-what-the-future-will-be")
                        .traceId())
                .isEqualTo(TRACE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "00-" + TRACE + "-" + SPAN,
                "00-" + TRACE + "-" + SPAN + "-1",
                "00-" + TRACE + "-" + SPAN + "-01-more",
                "00-" + TRACE + "-" + SPAN + "-01-",
                "ff-" + TRACE + "-" + SPAN + "-01",
                "cc-" + TRACE + "-" + SPAN + "-01.more",
                "00-00000000000000000000000000000000-" + SPAN + "-01",
                "00-" + TRACE + "-0000000000000000-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + SPAN + "-01",
                "00-" + TRACE + "-" + SPAN + "-0g",
                "00_" + TRACE + "_" + SPAN + "_01",
                " 00-" + TRACE + "-" + SPAN + "-01 x",
                "00-" + TRACE + "-" + SPAN + "-01,00-" + TRACE + "-" + SPAN + "-01"
            })
    void whatIsMalformedBeginsATraceOfItsOwn(String parent) {
        TraceContext context = of(parent, "a=1");
        assertThat(context.traceId()).matches("[0-9a-f]{32}").isNotEqualTo(TRACE);
        assertThat(context.parentId()).isEmpty();
        assertThat(context.state()).as("means nothing without its trace").isEmpty();
    }

    @Test
    void twoAreNone() {
        MultiMap headers =
                MultiMap.caseInsensitiveMultiMap().add("traceparent", GOOD).add("traceparent", GOOD);
        assertThat(TraceContext.of(headers, 0, random).parentId()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a=1", "a=1,b=2", "a=1 , b=2", "a=1,,b=2", "0@a=x", "foo@1=x", "a-b_c*d/e=x y"})
    void statesPass(String state) {
        boolean fine = !state.contains("@1");
        assertThat(of(GOOD, state).state()).isEqualTo(fine ? state : "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"A=1", "a", "a=b=c", "a=\u00e9", "a=1\n", "=1", "0=\t"})
    void statesThatAreMalformedAreLeftOut(String state) {
        TraceContext context = of(GOOD, state);
        assertThat(context.state()).isEmpty();
        assertThat(context.traceId()).as("the trace goes on").isEqualTo(TRACE);
    }

    @Test
    void statesHaveLimits() {
        String many = IntStream.range(0, 33).mapToObj(i -> "k" + i + "=1").collect(Collectors.joining(","));
        assertThat(of(GOOD, many).state()).isEmpty();
        assertThat(of(GOOD, "a=" + "x".repeat(256), "b=" + "x".repeat(256)).state())
                .isEmpty();
        assertThat(of(GOOD, "a=" + "x".repeat(256)).state()).hasSize(258);
        assertThat(of(GOOD, "a=" + "x".repeat(257)).state()).isEmpty();
    }

    @Test
    void theShareIsThatOfTracesThatBeginHere() {
        MultiMap none = MultiMap.caseInsensitiveMultiMap();
        assertThat(IntStream.range(0, 10_000)
                        .filter(i -> TraceContext.of(none, 0.25, random).sampled())
                        .count())
                .isBetween(2300L, 2700L);
        assertThat(TraceContext.of(none, 1, random).sampled()).isTrue();
        assertThat(TraceContext.of(none, 0, random).sampled()).isFalse();
    }
}
