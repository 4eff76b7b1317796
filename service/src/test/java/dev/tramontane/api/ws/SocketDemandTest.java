package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.SocketLimits;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The reader's side of promise 3: who leaves frees everything, who stands still costs a bounded buffer. */
class SocketDemandTest {
    private static final int LOOK_AHEAD = 16;

    /** Where a request is when its client leaves. */
    enum Stage {
        QUEUED,
        PREFILL,
        DECODE,
        LAST_TOKEN
    }

    private static ConditionFactory await() {
        return Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .atMost(Duration.ofMinutes(5));
    }

    private static JsonObject create(String input, int maxTokens) {
        return JsonObject.of(
                "type",
                "response.create",
                "store",
                false,
                "input",
                input,
                "temperature",
                0,
                "ignore_eos",
                true,
                "max_output_tokens",
                maxTokens);
    }

    private static EngineLoop engine(int slots) {
        EngineConfig config = new EngineConfig(
                new EngineConfig.Step(slots, 8, 8),
                new EngineConfig.Cache(4, CacheType.F32, Long.MAX_VALUE / 4, false), // Its steps are counted.
                new EngineConfig.Admission(slots, 400, slots, 64, 1 << 20));
        return new EngineLoop(FakeModel.of(ByteTokenizer.SIZE, 0, 9), config, EngineObserver.NONE, System::nanoTime);
    }

    private static String text(List<JsonObject> events) {
        return events.getLast()
                .getJsonObject("response")
                .getJsonArray("output")
                .getJsonObject(0)
                .getJsonArray("content")
                .getJsonObject(0)
                .getString("text");
    }

    private static String alone(String input, int maxTokens) throws Exception {
        EngineLoop engine = engine(1);
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create(input, maxTokens));
            return text(socket.response());
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoLeavesFreesEverythingWithinOneStepAndNobodyElse(Stage stage) throws Exception {
        String expected = alone("keep me", 40);
        EngineLoop engine = engine(stage == Stage.QUEUED ? 1 : 2);
        try (Served served = new Served(engine, Served.config());
                RawSocket keeper = RawSocket.open(served.port);
                RawSocket leaver = RawSocket.open(served.port)) {
            keeper.send(create("keep me", 40));
            steps(engine, () -> engine.status().running() == 1);
            int reserved = engine.status().pagesReserved();
            String prompt = stage == Stage.PREFILL ? "a long prompt ".repeat(10) : "bye";
            leaver.send(create(prompt, stage == Stage.LAST_TOKEN ? 3 : 100));
            switch (stage) {
                case QUEUED -> steps(engine, () -> engine.status().queued() == 1);
                case PREFILL -> steps(engine, () -> engine.status().running() == 2);
                case DECODE, LAST_TOKEN -> {
                    int tokens = stage == Stage.DECODE ? 1 : 2;
                    steps(engine, () -> engine.status().running() == 2);
                    long before = engine.status().generatedTokens();
                    // Both sample one a step as long as both have demand.
                    steps(engine, () -> engine.status().generatedTokens() >= before + 2L * tokens);
                    assertThat(leaver.event().getString("type")).isEqualTo("response.created");
                }
            }
            leaver.reset();
            await().until(() -> served.answersGone.get() == 1);
            // The step after the engine has heard of it, which may be a moment later.
            steps(
                    engine,
                    () -> engine.status().queued()
                                    + engine.status().running()
                                    + engine.status().parked()
                            == 1);
            assertThat(engine.status().pagesReserved()).isEqualTo(reserved);
            engine.checkBooks();
            served.stepping(engine::step);
            assertThat(text(keeper.response())).isEqualTo(expected);
            await().until(() -> engine.status().pagesUsed() == 0);
            await().until(() -> served.answersEnded.get() == 1);
        }
    }

    private static void steps(EngineLoop engine, BooleanSupplier until) {
        await().until(() -> {
            if (until.getAsBoolean()) {
                return true;
            }
            engine.step();
            return until.getAsBoolean();
        });
    }

    @Test
    void waitingRequestsGoWithTheirSocket() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("first", 10));
            socket.send(create("second", 10));
            socket.send("{"); // Its answer tells that both requests have been taken.
            socket.event();
            await().until(() -> engine.runs.size() == 1);
            socket.closeFrame(1000);
            assertThat(socket.closeCode()).isEqualTo(1000);
            await().until(() -> served.answersGone.get() == 1);
            await().until(engine.runs.getFirst()::cancelled);
            engine.step();
            assertThat(engine.runs).hasSize(1);
            assertThat(engine.runs.getFirst().over()).isTrue();
        }
    }

    @Test
    void aReaderWhoStandsStillParksItsSequenceAndLosesNothing() throws Exception {
        int tokens = 4000;
        ScriptedEngine engine = new ScriptedEngine(at -> 'a' + at % 26);
        var config = Served.config(SocketLimits.DEFAULT, Served.SMALL_BUFFERS, Duration.ofSeconds(15), LOOK_AHEAD);
        try (Served served = new Served(engine, config);
                RawSocket socket = RawSocket.small(served.port)) {
            socket.send(create("go", tokens));
            await().until(() -> engine.runs.size() == 1);
            ScriptedEngine.Run run = engine.runs.getFirst();
            await().until(
                            () -> { // A machine that is busy elsewhere may let demand come late.
                                stepUntilParked(engine);
                                return run.sampled() >= LOOK_AHEAD && run.sampled() == run.demanded();
                            });
            // What it sampled lies in the buffers of kernel and socket (a delta has some 200 bytes) and in the
            // look-ahead.
            int sampled = run.sampled();
            assertThat(sampled).isBetween(LOOK_AHEAD, 1000);
            assertThat(run.demanded()).isLessThanOrEqualTo(sampled + LOOK_AHEAD);
            served.stepping(engine::step);
            List<JsonObject> events = socket.response();
            StringBuilder expected = new StringBuilder();
            for (int i = 0; i < tokens; i++) {
                expected.append((char) ('a' + i % 26));
            }
            assertThat(text(events)).isEqualTo(expected.toString());
            for (int i = 0; i < events.size(); i++) {
                assertThat(events.get(i).getInteger("sequence_number")).isEqualTo(i);
            }
        }
    }

    /** Steps until nothing has moved for as long as demand could take to come round. */
    private static void stepUntilParked(ScriptedEngine engine) {
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .during(Duration.ofMillis(500))
                .atMost(Duration.ofMinutes(5))
                .until(() -> {
                    boolean moved = false;
                    while (engine.step()) {
                        moved = true;
                    }
                    return !moved;
                });
    }

    @Test
    void aStalledReaderCanStillCancel() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        var config = Served.config(SocketLimits.DEFAULT, Served.SMALL_BUFFERS, Duration.ofSeconds(15), LOOK_AHEAD);
        try (Served served = new Served(engine, config);
                RawSocket socket = RawSocket.small(served.port)) {
            socket.send(create("go", 4000));
            String id = socket.event().getJsonObject("response").getString("id");
            ScriptedEngine.Run run = engine.runs.getFirst();
            stepUntilParked(engine);
            socket.send(JsonObject.of("type", "response.cancel", "response_id", id));
            await().until(run::cancelled);
            engine.step();
            assertThat(run.over()).isTrue();
            List<JsonObject> events = socket.response();
            assertThat(events.getLast().getString("type")).isEqualTo("response.incomplete");
        }
    }

    @Test
    void aHundredStalledReadersCostLittleAndTwoLivelyOnesFinish() throws Exception {
        int stalledReaders = 100;
        int livelyTokens = 3000;
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        var config = Served.config(SocketLimits.DEFAULT, Served.SMALL_BUFFERS, Duration.ofSeconds(15), LOOK_AHEAD);
        List<RawSocket> stalled = new ArrayList<>();
        try (Served served = new Served(engine, config)) {
            try {
                for (int i = 0; i < stalledReaders; i++) {
                    RawSocket socket = RawSocket.small(served.port);
                    stalled.add(socket);
                    socket.send(create("stall", 4000));
                }
                await().until(() -> engine.runs.size() == stalledReaders);
                stepUntilParked(engine);
                long heapBefore = usedHeap();
                served.stepping(engine::step);
                // Not a token more than before: the stalled ones had no place in any step, once they have all that
                // their buffers hold (kernels take what little room they find a good while later).
                await().until(() -> {
                    int drawnBefore = sampled(engine, stalledReaders);
                    for (int i = 0; i < 2; i++) {
                        try (RawSocket lively = RawSocket.open(served.port)) {
                            lively.send(create("go", livelyTokens));
                            assertThat(text(lively.response())).hasSize(livelyTokens);
                        }
                    }
                    return sampled(engine, stalledReaders) == drawnBefore;
                });
                assertThat(sampled(engine, stalledReaders)).isLessThan(stalledReaders * 1000);
                assertThat(usedHeap() - heapBefore).isLessThan(16 << 20);
            } finally {
                for (RawSocket socket : stalled) {
                    socket.reset();
                }
            }
            await().until(() -> served.answersGone.get() == stalledReaders);
            await().until(() -> engine.runs.stream().allMatch(ScriptedEngine.Run::over));
        }
    }

    private static int sampled(ScriptedEngine engine, int first) {
        return engine.runs.subList(0, first).stream()
                .mapToInt(ScriptedEngine.Run::sampled)
                .sum();
    }

    private static long usedHeap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
