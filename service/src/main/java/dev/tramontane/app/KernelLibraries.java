package dev.tramontane.app;

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
        return configuration.compute().libraryDirectory().orElseGet(() -> {
            String cache = environment.variables().getOrDefault("XDG_CACHE_HOME", "");
            // The XDG base directory specification says to ignore relative paths.
            Path base =
                    cache.startsWith("/") ? Path.of(cache) : home(environment).resolve(".cache");
            return base.resolve("tramontane");
        });
    }

    /** The JVM says "?" where neither the system's list of users nor HOME knows one: a container's bare user number. */
    private static Path home(Environment environment) {
        String home = environment.property("user.home");
        if (!home.startsWith("/")) {
            throw new UsageException(
                    "this user has no home directory, so there is no place for the kernel library: give" + " one with "
                            + Setting.LIBRARY_DIRECTORY.flag() + " DIR, or set HOME");
        }
        return Path.of(home);
    }
}
