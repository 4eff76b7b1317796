package dev.tramontane.app;

/** Where the process begins. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(new Program(Environment.ofProcess()).run(args));
    }
}
