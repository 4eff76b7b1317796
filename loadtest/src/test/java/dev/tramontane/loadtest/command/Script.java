package dev.tramontane.loadtest.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * {@code ./tramontane} in a folder, as people call it, but for the launcher: the service and the generator are those of this
 * build.
 */
final class Script {
    private static final String QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"; // Programs that live for seconds.

    private final Path folder;
    private final Path launcher;

    /** @param more options of every load, which win over its own */
    Script(Path folder, String more) throws IOException {
        this.folder = folder;
        launcher = folder.resolve("tramontane");
        Files.writeString(
                launcher,
                "#!/bin/sh\ncase \"$1\" in loadtest) shift; exec sh '"
                        + Path.of("run.sh").toAbsolutePath() + "' \"$@\" "
                        + more + " ;; esac\nexec '"
                        + Path.of(System.getProperty("java.home"), "bin", "java")
                        + "' --enable-native-access=ALL-UNNAMED -Xmx512m " + QUICK + " -cp '"
                        + System.getProperty("java.class.path")
                        + "' dev.tramontane.app.Main \"$@\"\n");
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Where named loads leave their reports. */
    Path reports() {
        return folder.resolve("reports");
    }

    /** Runs it in the folder and returns what it said; the code must be this one. */
    String run(int code, List<String> command) throws IOException, InterruptedException {
        Path out = folder.resolve("out");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("TRAMONTANE_"));
        builder.environment().put("LOADTEST_TRAMONTANE", launcher.toString());
        builder.environment().put("LOADTEST_CLASSES", System.getProperty("java.class.path"));
        builder.environment().put("LOADTEST_REPORTS", reports().toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("LOADTEST_JVM_FLAGS", QUICK);
        builder.environment().put("TRAMONTANE_MODEL", ServiceProcess.model().toString());
        builder.environment().put("TRAMONTANE_CHAT_LAYOUT", "mistral-v1");
        builder.environment().put("TRAMONTANE_MAX_BATCH", "4");
        Process process = builder.start();
        assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
        String said = Files.readString(out);
        assertThat(process.exitValue()).as(said).isEqualTo(code);
        return said;
    }
}
