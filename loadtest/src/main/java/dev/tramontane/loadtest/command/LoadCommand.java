package dev.tramontane.loadtest.command;

import dev.tramontane.loadtest.report.Result;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** What all commands share. */
abstract class LoadCommand implements Callable<Integer> {
    static final int OK = 0;

    /** Requests failed, or answers differ. */
    static final int FAILURE = 1;

    static final int USAGE = 2;
    static final int INTERRUPTED = 130;

    @Mixin
    final TargetOptions target = new TargetOptions();

    @Mixin
    final PlanOptions plan = new PlanOptions();

    @Mixin
    final Outputs outputs = new Outputs();

    final Surroundings around;

    LoadCommand(Surroundings around) {
        this.around = around;
    }

    /** Whether no event was lost or doubled in any of these runs. */
    static boolean intact(List<Result> results) {
        return results.stream()
                .allMatch(result -> result.summary().continuations().intact());
    }

    /** The work with one server; Ctrl-C ends the run, and what was measured by then is reported. */
    @FunctionalInterface
    interface Work<T> {
        T with(Session session) throws Exception;
    }

    <T> T session(String option, String url, Work<T> work) throws Exception {
        outputs.check();
        try (Session session = new Session(TargetOptions.url(option, url), target, plan, around);
                Interruption _ = Interruption.by(session)) {
            return work.with(session);
        }
    }
}
