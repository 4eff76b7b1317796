package dev.tramontane.app;

import dev.tramontane.fetch.UserCache;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.kernels.Platform;
import java.nio.file.Path;

/** Which kernel library to load, and why that one. */
final class KernelLibraries {
    private KernelLibraries() {}

    /** The library that was asked for, or else the bundled one of this platform. */
    static KernelLibrary load(Configuration configuration, Environment environment) {
        return configuration
                .compute()
                .kernelLibrary()
                .map(KernelLibrary::at)
                .orElseGet(() -> KernelLibrary.bundled(platform(environment), directory(configuration, environment)));
    }

    static Platform platform(Environment environment) {
        return Platform.of(environment.property("os.name"), environment.property("os.arch"));
    }

    /** Where the bundled library is unpacked to: what was asked for, or else the user's cache directory. */
    static Path directory(Configuration configuration, Environment environment) {
        return configuration
                .compute()
                .libraryDirectory()
                .orElseGet(() -> UserCache.directory(
                                environment.variables(),
                                environment.property("user.home"),
                                environment.property("os.name"))
                        .orElseThrow(
                                () -> new UsageException("this user has no home directory, so there is no place for"
                                        + " the kernel library: give one with " + Setting.LIBRARY_DIRECTORY.flag()
                                        + " DIR, or set HOME")));
    }
}
