package dev.tramontane.app;

/** What the process ends with. */
final class ExitCode {
    static final int OK = 0;

    /** Something failed that might work another time or on another machine. */
    static final int FAILURE = 1;

    /** The command line, a setting or the model file is wrong. */
    static final int USAGE = 2;

    /** A thread, or the shutdown, stood still and the process ended itself; sysexits' EX_SOFTWARE. */
    static final int STUCK = 70;

    /** A signal ended the command before it was done: 128 and the number of SIGINT, as shells have it. */
    static final int INTERRUPTED = 130;

    private ExitCode() {}
}
