package dev.tramontane.engine;

/** Throwables made for tests: without a stack trace, which would only fill the log. */
final class Thrown {
    private Thrown() {}

    /** One of the class, to be thrown as if it could come from anywhere. */
    static RuntimeException unchecked(Class<? extends Throwable> type) {
        if (type == OutOfMemoryError.class) {
            throw new OutOfMemoryError("thrown on purpose");
        }
        if (type == StackOverflowError.class) {
            throw new StackOverflowError("thrown on purpose");
        }
        if (type == IllegalStateException.class) {
            throw new IllegalStateException("thrown on purpose");
        }
        throw new AssertionError("no test throws " + type);
    }
}
