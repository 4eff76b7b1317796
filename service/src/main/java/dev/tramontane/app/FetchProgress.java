package dev.tramontane.app;

import dev.tramontane.fetch.FetchListener;

/**
 * A fetch as a person sees it: a line that says what comes, once it comes or takes its time, so that one that fails at once
 * is one message; then a bar. Used by the thread that fetches.
 */
final class FetchProgress implements FetchListener {
    /** Bytes by which it is sure that a wheel comes; a log may be as long. */
    private static final long COMES = 1 << 20;

    private static final long PATIENCE_NANOS = 3_000_000_000L;

    private final String announcement;
    private final Environment environment;
    private final long start = System.nanoTime();
    private ProgressBar bar;
    private boolean announced;

    FetchProgress(String announcement, Environment environment) {
        this.announcement = announcement;
        this.environment = environment;
        bar = bar("pip");
    }

    private ProgressBar bar(String program) {
        return new ProgressBar("fetching with " + program, environment.err(), environment.terminal(), System::nanoTime);
    }

    private void announce() {
        if (!announced) {
            announced = true;
            environment.err().println("tramontane: " + announcement);
        }
    }

    @Override
    public void waiting() {
        announce();
        environment.err().println("tramontane: another process is fetching it; waiting for that one");
    }

    @Override
    public void starting(String program) {
        bar = bar(program);
    }

    @Override
    public void at(long done, long total) {
        if (done > COMES || System.nanoTime() - start > PATIENCE_NANOS) {
            announce();
            bar.at(done, total);
        }
    }

    @Override
    public void ended() {
        bar.done();
    }

    /** It is there. */
    void fetched() {
        announce();
    }
}
