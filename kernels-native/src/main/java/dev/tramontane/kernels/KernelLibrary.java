package dev.tramontane.kernels;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The loaded kernel library. Before it is of any use its ABI version and the layout of every struct have been checked.
 * Loaded for the life of the process; immutable, any thread.
 */
public final class KernelLibrary {
    /** The flag that lets the JVM call native code without a warning or a refusal. */
    public static final String NATIVE_ACCESS_FLAG = "--enable-native-access=ALL-UNNAMED";

    private final Bindings bindings;
    private final Path file;
    private final HostInfo host;

    private KernelLibrary(Bindings bindings, Path file) {
        this.bindings = bindings;
        this.file = file;
        host = hostInfo(bindings);
    }

    /**
     * Loads the library that this program was built with, unpacking it into {@code cacheDirectory} unless the very same
     * file is there already.
     *
     * @param cacheDirectory the user's own; created with permissions 0700 if it isn't there
     * @throws KernelException when there is none for the platform, or it cannot be unpacked or loaded
     */
    public static KernelLibrary bundled(Platform platform, Path cacheDirectory) {
        return load(LibraryCache.unpack(BundledLibrary.of(platform), cacheDirectory));
    }

    /**
     * Loads a library by its path, which whoever gives it vouches for.
     *
     * @throws KernelException when it cannot be loaded, or is another version's
     */
    public static KernelLibrary at(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new KernelException("there is no kernel library at " + file);
        }
        return load(file);
    }

    @SuppressWarnings("restricted") // the library that all the rest is about
    private static KernelLibrary load(Path file) {
        Path absolute;
        try {
            absolute = file.toRealPath();
        } catch (IOException unreachable) {
            throw new KernelException("cannot reach the kernel library at " + file, unreachable);
        }
        try {
            SymbolLookup symbols = SymbolLookup.libraryLookup(absolute, Arena.global());
            return new KernelLibrary(new Bindings(symbols, absolute.toString()), absolute);
        } catch (IllegalCallerException denied) {
            throw new KernelException(
                    "the JVM doesn't let Tramontane call native code; start it with " + NATIVE_ACCESS_FLAG, denied);
        } catch (IllegalArgumentException refused) {
            throw new KernelException(
                    "the system's loader refuses the kernel library at " + absolute
                            + ": it is for another platform, damaged, or lies on a file system mounted noexec",
                    refused);
        }
    }

    /** Where it was loaded from. */
    public Path file() {
        return file;
    }

    /** What this machine has. */
    public HostInfo host() {
        return host;
    }

    /**
     * Opens a context and starts its compute threads.
     *
     * @throws KernelException when the backend cannot run such a model here
     */
    public KernelContext open(ContextConfig config) {
        return KernelContext.open(bindings, config);
    }

    private static HostInfo hostInfo(Bindings bindings) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = ContextStructs.host(arena);
            int status = bindings.hostInfo(host);
            if (status != Bindings.OK) {
                throw new KernelException(status, "the kernel library cannot tell what this machine has");
            }
            return ContextStructs.hostInfo(host);
        }
    }
}
