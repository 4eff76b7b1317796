package dev.tramontane.release;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The modules of the runtime that is handed on, held against what jdeps finds in the program and its libraries. */
class ReleaseModulesTest {
    private static final Path LIST = Packing.root().resolve("packaging/modules");

    /** What is found by name or cast, where jdeps can't look. */
    private static final Set<String> BY_NAME = Set.of("jdk.crypto.ec", "jdk.jcmd", "jdk.net");

    private static Set<String> listed(boolean in) throws IOException {
        return Files.readAllLines(LIST).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#") && line.startsWith("-") != in)
                .map(line -> line.replaceFirst("^-", "").split(" ", 2)[0])
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everyModuleThatIsNamedIsInOrLeftOutForAReason() throws Exception {
        Set<String> found = found();
        Set<String> handedOn = listed(true);
        Set<String> leftOut = listed(false);
        assertThat(found).contains("java.base", "java.management");
        Set<String> unknown = new TreeSet<>(found);
        unknown.removeAll(handedOn);
        unknown.removeAll(leftOut);
        assertThat(unknown)
                .as("modules for packaging/modules, with the reason for or against each")
                .isEmpty();
        Set<String> idle = new TreeSet<>(handedOn);
        idle.addAll(leftOut);
        idle.removeAll(found);
        assertThat(idle).as("modules that nothing asks for").isEqualTo(new TreeSet<>(BY_NAME));
    }

    @Test
    void everyModuleHasAReason() throws IOException {
        assertThat(Files.readAllLines(LIST))
                .filteredOn(line -> !line.isBlank() && !line.startsWith("#") && !line.equals("java.base"))
                .allMatch(line -> line.matches("-?[a-z.]+ +\\S.{10,}"));
    }

    /** The modules of the JDK that the class path's main classes and jars name; test libraries are left out by their names. */
    private static Set<String> found() {
        List<String> arguments = new ArrayList<>(List.of(
                "--multi-release",
                "25",
                "--ignore-missing-deps",
                "-summary",
                "-cp",
                System.getProperty("java.class.path")));
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(ReleaseModulesTest::isHandedOn)
                .forEach(arguments::add);
        StringWriter out = new StringWriter();
        int status = ToolProvider.findFirst("jdeps")
                .orElseThrow()
                .run(new PrintWriter(out), new PrintWriter(out), arguments.toArray(String[]::new));
        assertThat(status).as(out.toString()).isZero();
        return out.toString()
                .lines()
                .map(line -> line.replaceFirst(".* -> ", "").strip())
                .filter(name -> name.matches("(java|jdk)\\.[a-z.]+"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isHandedOn(String entry) {
        String name = Path.of(entry).getFileName().toString();
        return name.endsWith(".jar")
                ? name.matches(
                        "(vertx|netty|reactor-core|reactive-streams|jackson|prometheus|picocli|jline|slf4j|logback|kernels|jinja).*")
                : !entry.contains("test");
    }
}
