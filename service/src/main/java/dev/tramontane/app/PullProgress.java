package dev.tramontane.app;

import dev.tramontane.hub.Hub;
import dev.tramontane.hub.PullListener;
import dev.tramontane.hub.PullPlan;
import dev.tramontane.hub.PullPlan.PlannedFile;
import dev.tramontane.hub.Reference;
import dev.tramontane.hub.StoredModel;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A pull as a person sees it: what it is, how large and under which licence, before it comes; then a bar. One thread. */
final class PullProgress implements PullListener {
    private final Environment environment;
    private final String name;
    private final Map<PlannedFile, Long> there = new HashMap<>();
    private @Nullable ProgressBar bar;
    private String work = "";
    private long total;

    private PullProgress(String name, Environment environment) {
        this.name = name;
        this.environment = environment;
    }

    /** Pulls, and says on standard error what it does. */
    static StoredModel pull(Hub hub, Reference reference, Environment environment) throws InterruptedException {
        PullProgress progress = new PullProgress(reference.text(), environment);
        try {
            return hub.pull(reference, progress);
        } finally {
            progress.done();
        }
    }

    private void say(String line) {
        environment.err().println("tramontane: " + line);
    }

    @Override
    public void waiting() {
        say("another process pulls a model; waiting for that one");
    }

    @Override
    public void planned(PullPlan plan, long missing) {
        say(name + " from " + plan.host() + ": " + size(plan.bytes()) + " in "
                + Units.count(plan.files().size(), "file")
                + (missing == 0
                        ? ", all of it here"
                        : missing < plan.bytes() ? ", " + size(missing) + " of them to come" : "")
                + "; licence: " + (plan.licence().isEmpty() ? "not said" : plan.licence()));
        plan.remarks().forEach(this::say);
        total = plan.bytes();
        bar("pulling " + name, plan.bytes() - missing);
    }

    /** The bar of that work; another one's is taken away. */
    private ProgressBar bar(String what, long done) {
        ProgressBar shown = bar;
        if (shown == null || !what.equals(work)) {
            done();
            work = what;
            shown = new ProgressBar(what, environment.err(), environment.terminal(), System::nanoTime).from(done);
            bar = shown;
        }
        return shown;
    }

    /** As hubs say sizes. */
    static String size(long bytes) {
        return bytes < 1_000_000_000
                ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
                : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }

    @Override
    public void at(PlannedFile file, long done) {
        there.put(file, done);
        long all = there.values().stream().mapToLong(Long::longValue).sum();
        bar("pulling " + name, all).at(all, total);
    }

    @Override
    public void checking(PlannedFile file, long done) {
        bar("checking " + file.path(), 0).at(done, file.bytes());
    }

    @Override
    public void remark(String what) {
        done();
        say(what);
    }

    private void done() {
        if (bar != null) {
            bar.done();
        }
    }
}
