package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.fixtures.ForeignWords;
import dev.tramontane.fixtures.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of one thread, one sequence, one token is said in the singular; wherever a count can be one, it is. */
class CountedWordsTest {
    @TempDir
    Path dir;

    @Test
    void oneIsNotSeveral() throws IOException {
        String model = TinyModel.PLAIN.writeTo(dir).toString();
        Outcome inspected = new CapturedProgram()
                .run(("inspect --context 2 --quantize q8_0 --max-batch 1 --batch-tokens 1 --max-sequences 1 --window 1 "
                                + model)
                        .split(" "));
        Outcome completed = new CapturedProgram()
                .run("complete", "--model", model, "-n", "1", "-t", "0", "--stats", "--threads", "1", "a");
        for (Outcome outcome : List.of(inspected, completed)) {
            assertThat(outcome.code()).as(outcome.err()).isZero();
            for (String line : (outcome.out() + "\n" + outcome.err()).split("\n", -1)) {
                assertThat(ForeignWords.countsWrong(line)).as(line).isFalse();
            }
        }
        try (RunningModel running = RunningModel.open(
                Configuration.of(Settings.of(
                                Map.of(Setting.MODEL, model, Setting.THREADS, "1", Setting.MAX_BATCH, "1"),
                                Map.of(),
                                Map.of(),
                                ""))
                        .withModel(Path.of(model)),
                Environment.ofProcess(),
                EngineObserver.NONE)) {
            assertThat(running.description()).contains(", 1 thread, ").matches(text -> !ForeignWords.countsWrong(text));
        }
        assertThat(inspected.out()).contains("1 sequence, 1 token in a step");
        assertThat(completed.err()).contains(", 1 token, ended by length");
        assertThat(ForeignWords.countsWrong("backend cpu, 1 threads, context 2"))
                .isTrue();
    }
}
