package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/** What the JDK doesn't tell of the system. */
final class Posix {
    private Posix() {}

    /** The user that files written by this process belong to (geteuid, POSIX.1-2024). */
    @SuppressWarnings("restricted") // a function of the C library without arguments
    static int effectiveUser() {
        Linker linker = Linker.nativeLinker();
        try {
            MethodHandle geteuid = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("geteuid"), FunctionDescriptor.of(JAVA_INT));
            return (int) geteuid.invokeExact();
        } catch (IllegalCallerException denied) {
            throw new KernelException(
                    "the JVM doesn't let Tramontane call native code; start it with "
                            + KernelLibrary.NATIVE_ACCESS_FLAG,
                    denied);
        } catch (Throwable failure) {
            throw new KernelException("the system doesn't tell this process's user", failure);
        }
    }
}
