package dev.tramontane.fetch;

import dev.tramontane.fixtures.OwnProcess;
import java.nio.file.Path;
import java.util.Map;

/** Fetches the small package in a process of its own: arguments are the directory and the PATH. */
final class FetchProgram {
    private FetchProgram() {}

    public static void main(String[] arguments) throws Exception {
        PackageCache cache = new PackageCache(Wheels.PACKAGE, Path.of(arguments[0]));
        cache.fetch(Map.of("PATH", arguments[1]), new FetchListener() {
            @Override
            public void waiting() {
                System.out.println("waiting");
            }

            @Override
            public void starting(String program) {
                System.out.println("starting " + program);
            }
        });
        System.out.println("fetched");
    }

    /** Such a process, its output in a file. */
    static Process start(Path directory, Path programs, Path log) throws Exception {
        return OwnProcess.start(FetchProgram.class, log, directory.toString(), programs.toString());
    }
}
