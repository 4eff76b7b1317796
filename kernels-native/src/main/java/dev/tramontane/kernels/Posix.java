package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** What the JDK doesn't tell of the system, or ask of it. */
final class Posix {
    private static final int READ_ONLY = 0;
    private static final int DONT_NEED = 4; // POSIX_FADV_DONTNEED of Linux

    private Posix() {}

    /** The user that files written by this process belong to (geteuid, POSIX.1-2024). */
    static int effectiveUser() {
        try {
            return (int) function("geteuid", FunctionDescriptor.of(JAVA_INT)).invokeExact();
        } catch (Throwable failure) {
            throw failed("the system doesn't tell this process's user", failure);
        }
    }

    /**
     * Lets the system forget what it keeps in memory of a file (open, posix_fadvise, close, POSIX.1-2024; the advice's
     * number is Linux's).
     *
     * @return whether it took the advice
     */
    static boolean forget(Path file) {
        try (Arena arena = Arena.ofConfined()) {
            FunctionDescriptor opens = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT);
            int descriptor = (int) function("open", opens, Linker.Option.firstVariadicArg(2))
                    .invokeExact(arena.allocateFrom(file.toString()), READ_ONLY);
            if (descriptor < 0) {
                return false;
            }
            FunctionDescriptor advises = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
            int refused = (int) function("posix_fadvise", advises).invokeExact(descriptor, 0L, 0L, DONT_NEED);
            int closed = (int)
                    function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT)).invokeExact(descriptor);
            return refused == 0 && closed == 0;
        } catch (Throwable failure) {
            throw failed("the system can't be asked to forget " + file, failure);
        }
    }

    @SuppressWarnings("restricted") // functions of the C library, with the types that POSIX gives them
    private static MethodHandle function(String name, FunctionDescriptor types, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), types, options);
    }

    private static KernelException failed(String what, Throwable failure) {
        return failure instanceof IllegalCallerException
                ? new KernelException(
                        "the JVM doesn't let Tramontane call native code; start it with "
                                + KernelLibrary.NATIVE_ACCESS_FLAG,
                        failure)
                : new KernelException(what, failure);
    }
}
