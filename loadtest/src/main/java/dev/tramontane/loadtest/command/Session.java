package dev.tramontane.loadtest.command;

import dev.tramontane.loadtest.client.Clients;
import dev.tramontane.loadtest.client.End;
import dev.tramontane.loadtest.client.Outcome;
import dev.tramontane.loadtest.client.Target;
import dev.tramontane.loadtest.measure.Summary;
import dev.tramontane.loadtest.measure.Tally;
import dev.tramontane.loadtest.plan.Ask;
import dev.tramontane.loadtest.plan.InvalidPlanException;
import dev.tramontane.loadtest.plan.Tenants;
import dev.tramontane.loadtest.plan.Workload;
import dev.tramontane.loadtest.report.Result;
import dev.tramontane.loadtest.run.Course;
import dev.tramontane.loadtest.run.LoadRun;
import dev.tramontane.loadtest.run.Progress;
import dev.tramontane.loadtest.run.Verification;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One server under load: its event loops, and runs on them one after another. */
final class Session implements AutoCloseable {
    private static final int LOOPS = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 2);
    private static final int PATIENCE_SECONDS = 60;
    private static final long FIRST_WARM_UP = 1L << 40;

    private final PlanOptions plan;
    private final Target target;
    private final Tenants tenants;
    private final Surroundings around;
    private final Vertx vertx;
    private final List<LoadRun.Loop> loops = new ArrayList<>();
    private volatile boolean stopped;
    private volatile @Nullable LoadRun running;

    /** @throws InvalidPlanException when the server cannot be reached or an option is wrong */
    Session(String url, TargetOptions options, PlanOptions plan, Surroundings around) throws InterruptedException {
        this.plan = plan;
        this.around = around;
        plan.check();
        tenants = options.tenants(around.variables());
        // What is wrong with an option is said before anything is asked of a server.
        plan.workload(tenants);
        plan.course(0);
        plan.slo();
        options.lanes();
        if (plan.verify > 0 && options.temperature() != 0) {
            throw new InvalidPlanException("--verify needs --temperature 0: other answers are drawn by chance");
        }
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(LOOPS));
        Clients clients = new Clients(vertx, options.trust);
        try {
            String model = options.model.isEmpty() ? firstModel(clients, url) : options.model;
            target = new Target(url, options.api(), model, options.temperature(), options.fields(), options.lanes());
            for (int i = 0; i < LOOPS; i++) {
                loops.add(new LoadRun.Loop(vertx.getOrCreateContext(), clients.sender(target, plan.slowRate)));
            }
        } catch (RuntimeException | InterruptedException unusable) {
            vertx.close();
            throw unusable;
        }
    }

    private String firstModel(Clients clients, String url) throws InterruptedException {
        try {
            return clients.firstModel(url, tenants.first().key())
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof InvalidPlanException known) {
                throw known;
            }
            Throwable why = failed.getCause() == null ? failed : failed.getCause();
            throw new InvalidPlanException("no server answers at " + url + ": " + why.getMessage(), failed);
        } catch (TimeoutException silent) {
            throw new InvalidPlanException(
                    url + " has not answered GET /v1/models within " + PATIENCE_SECONDS + " s", silent);
        }
    }

    /**
     * One run.
     *
     * @param rate in place of the plan's; 0 for that
     */
    Result run(String title, double rate) throws InterruptedException {
        Workload workload = plan.workload(tenants);
        Course course = plan.course(rate);
        warmUp(workload);
        String began = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        long begin = System.nanoTime();
        Tally tally = new Tally(plan.slo(), tenants.several(), begin, plan.verify);
        LoadRun run = new LoadRun(workload, course, loops, tally, System::nanoTime, begin);
        running = run;
        if (stopped) {
            run.stop();
        }
        try (Progress _ = new Progress(tally, System::nanoTime, around.err(), around.terminal())) {
            run.run();
        }
        Summary summary = tally.summary(System.nanoTime(), course.closed());
        Verification verification = plan.verify == 0
                ? Verification.NONE
                : Verification.of(tally.kept(), loops.getFirst(), System::nanoTime, () -> stopped);
        Map<String, String> shown = new LinkedHashMap<>();
        shown.put("server", target.url());
        shown.put("api", target.api().path());
        shown.put("model", target.model());
        if (target.lanes() > 1) {
            shown.put("lanes", Integer.toString(target.lanes()));
        }
        shown.putAll(plan.shown());
        if (rate > 0) {
            shown.put("rate", Double.toString(rate));
        }
        shown.put("further fields", target.fields().encode());
        return new Result(title, began, shown, course.closed(), summary, run.mostWaiting(), verification);
    }

    /** So that neither a first connection nor cold code counts, and a server that refuses all is found at once. */
    private void warmUp(Workload workload) throws InterruptedException {
        for (int i = 0; i < plan.warmup && !stopped; i++) {
            Ask ask = workload.ask(FIRST_WARM_UP + i).steady();
            Outcome outcome = Verification.alone(ask, loops.get(i % loops.size()), System::nanoTime);
            if (outcome.end() != End.FINISHED) {
                throw new InvalidPlanException("the first request to " + target.url()
                        + target.api().path() + " " + outcome.end().word() + ": " + outcome.why());
            }
        }
    }

    /** Ends what runs; its figures so far are reported. */
    void stop() {
        stopped = true;
        LoadRun run = running;
        if (run != null) {
            run.stop();
        }
    }

    @Override
    public void close() {
        vertx.close();
    }
}
