package dev.tramontane.api;

import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Work inside a stream whose faults, all of them, must end its request. Reactor throws errors of the machine (no memory,
 * no stack, no class) past every subscriber, so that nobody would be told and operators would stay halfway; here they
 * become exceptions before Reactor sees them. Any thread.
 */
public final class Contained {
    private Contained() {}

    /** An error as an exception. */
    private static final class Fault extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Fault(Error error) {
            super(error.toString(), error, false, false);
        }
    }

    public static <T, R> Function<T, R> function(Function<T, R> work) {
        return given -> supplier(() -> work.apply(given)).get();
    }

    public static <T, U> BiConsumer<T, U> consumer(BiConsumer<T, U> work) {
        return (first, second) -> {
            try {
                work.accept(first, second);
            } catch (Error error) {
                throw new Fault(error);
            }
        };
    }

    public static <R> Supplier<R> supplier(Supplier<R> work) {
        return () -> {
            try {
                return work.get();
            } catch (Error error) {
                throw new Fault(error);
            }
        };
    }
}
