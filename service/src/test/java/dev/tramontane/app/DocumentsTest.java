package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Documents;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What documents promise there is, and what there is they tell: settings, environment variables, metrics, links. After a
 * change of {@link Setting}, {@code -Dtramontane.documents=write} writes its table anew.
 */
class DocumentsTest {
    private static final String SETTINGS = "docs/settings.md";
    private static final String TABLE = "<!-- written by DocumentsTest from Setting -->\n";
    private static final List<String> COMMANDS = List.of(
            "serve",
            "stage",
            "complete",
            "chat",
            "run",
            "pull",
            "list",
            "rm",
            "prune",
            "inspect",
            "convert",
            "eval",
            "bench",
            "top",
            "key",
            "doctor");

    /** Options of other programs that the documents tell how to call. */
    private static final Set<String> FOREIGN = Set.of(
            "--build",
            "--only",
            "--shard",
            "--from-file",
            "--read-only",
            "--rm",
            "--enable-native-access",
            "--model-path",
            "--preset",
            "--target",
            "--user",
            "--init");

    private static final Pattern FLAG = Pattern.compile("(?<![\\w-])(--[a-z][a-z0-9-]+)");
    private static final Pattern VARIABLE = Pattern.compile("\\b(TRAMONTANE_[A-Z_]+)\\b");
    private static final Pattern METRIC = Pattern.compile("\\b(tramontane_[a-z_]+)\\b");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(?:#[^)]*)?\\)");

    @Test
    void theTableOfSettingsIsWhatTheProgramSays() throws IOException {
        StringBuilder table = new StringBuilder("| setting | meaning |\n|---|---|\n");
        for (Setting setting : Setting.values()) {
            table.append("| `")
                    .append(setting.flag())
                    .append(' ')
                    .append(new SettingOption(setting).spec().paramLabel().replace("|", "\\|"))
                    .append("` | ")
                    .append(String.join(" ", new SettingOption(setting).spec().description())
                            .replaceFirst("Example: (.*)$", "Example: `$1`")
                            .replace("|", "\\|"))
                    .append(" |\n");
        }
        String text = Documents.text(SETTINGS);
        int begin = text.indexOf(TABLE) + TABLE.length();
        int end = text.indexOf(TABLE, begin);
        if (System.getProperty("tramontane.documents", "").equals("write")) {
            Files.writeString(
                    Documents.root().resolve(SETTINGS), text.substring(0, begin) + table + text.substring(end));
            return;
        }
        assertThat(text.substring(begin, end))
                .as("run this test with -Dtramontane.documents=write")
                .isEqualTo(table.toString());
    }

    /** A value that no setting takes is refused by name, so each is read. */
    @ParameterizedTest
    @EnumSource(Setting.class)
    void everySettingIsRead(Setting setting) {
        Settings settings = Settings.of(Map.of(setting, "\u0000!?"), Map.of(), Map.of(), "");
        assertThatThrownBy(() -> Configuration.of(settings))
                .isInstanceOf(UsageException.class)
                .hasMessageStartingWith(setting.flag() + " must be ");
    }

    /** What was read is asked for somewhere. */
    @Test
    void everythingConfiguredIsUsed() throws IOException {
        Path sources = Documents.root().resolve("service/src/main/java/dev/tramontane/app");
        String code;
        try (Stream<Path> files = Files.list(sources)) {
            code = files.filter(file -> !file.endsWith("Configuration.java"))
                    .filter(file -> !isChoice(String.valueOf(file.getFileName()).replace(".java", "")))
                    .filter(Files::isRegularFile)
                    .map(DocumentsTest::read)
                    .collect(Collectors.joining());
        }
        assertThat(components(Configuration.class))
                .hasSizeGreaterThan(20)
                .allSatisfy(name -> assertThat(code).contains("." + name + "()"));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    /** What stages are told is made use of where it is read. */
    private static boolean isChoice(String type) {
        return type.endsWith("Choice") && !type.equals(StagesChoice.class.getSimpleName());
    }

    private static Set<String> components(Class<?> configured) {
        Set<String> names = new TreeSet<>();
        for (RecordComponent component : configured.getRecordComponents()) {
            names.add(component.getName());
            if (component.getType().isRecord() && isChoice(component.getType().getSimpleName())) {
                names.addAll(components(component.getType()));
            }
        }
        return names;
    }

    @Test
    void everyFlagInADocumentExists() throws IOException {
        Set<String> known = new TreeSet<>(FOREIGN);
        known.addAll(
                List.of("--quick", "--emu", "--cuda", "--with-model", "--output")); // Of the launcher's own commands.
        try (Stream<Path> files = Files.walk(Documents.root().resolve("loadtest/src/main/java"))) {
            files.filter(Files::isRegularFile)
                    .map(DocumentsTest::read)
                    .forEach(code -> FLAG.matcher(code).results().forEach(flag -> known.add(flag.group(1))));
        }
        for (String command : COMMANDS) {
            Matcher flags =
                    FLAG.matcher(new CapturedProgram().run(command, "--help").out());
            while (flags.find()) {
                known.add(flags.group(1));
            }
        }
        assertThat(Documents.find(Documents.all(), FLAG))
                .allSatisfy((flag, where) ->
                        assertThat(known).as("%s in %s", flag, where).contains(flag));
    }

    @Test
    void everyVariableInADocumentExists() {
        Set<String> known =
                Arrays.stream(Setting.values()).map(Setting::variable).collect(Collectors.toSet());
        known.addAll(
                List.of("TRAMONTANE_CONFIG", "TRAMONTANE_JAVA_HOME", "TRAMONTANE_JVM_FLAGS", TopCommand.KEY_VARIABLE));
        assertThat(Documents.find(Documents.all(), VARIABLE))
                .allSatisfy((variable, where) ->
                        assertThat(known).as("%s in %s", variable, where).contains(variable));
    }

    /** That docs/metrics.md lists what is exported is another test's; the others name what it lists. */
    @Test
    void everyMetricInADocumentExists() {
        Set<String> known = Documents.find(List.of("docs/metrics.md"), Pattern.compile("\\| `(tramontane_\\w+)` \\|"))
                .keySet();
        assertThat(known).isNotEmpty();
        assertThat(Documents.find(Documents.current(), METRIC))
                .allSatisfy((metric, where) ->
                        assertThat(known).as("%s in %s", metric, where).contains(metric));
    }

    @Test
    void everyLinkLeadsSomewhere() {
        List<String> broken = new ArrayList<>();
        for (String path : Documents.all()) {
            Matcher links = LINK.matcher(Documents.text(path));
            while (links.find()) {
                Path to = Documents.root().resolve(path).resolveSibling(links.group(1));
                if (!links.group(1).contains("://") && !Files.exists(to)) {
                    broken.add(path + " links to " + links.group(1));
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    /** Decisions are found by their table, users' documents from README. */
    @Test
    void everyDocumentIsLinked() throws IOException {
        assertThat(names("docs/adr"))
                .allSatisfy(name -> assertThat(Documents.text("docs/adr/README.md"))
                        .contains("| [" + name.substring(0, 4) + "](" + name + ") |"));
        assertThat(names("docs"))
                .allSatisfy(name -> assertThat(Documents.text("README.md")).contains("(docs/" + name + ")"));
    }

    private static List<String> names(String folder) throws IOException {
        try (Stream<Path> files = Files.list(Documents.root().resolve(folder))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".md") && !name.equals("README.md"))
                    .toList();
        }
    }

    /** The list of what a new element type takes, against what the last one took. */
    @Test
    void everyFileOfAnElementTypeIsNamed() throws IOException {
        String text = Documents.text("kernels-native/README.md");
        String list = text.substring(text.indexOf("## Add an element type"));
        List<String> silent = new ArrayList<>();
        for (String folder : List.of("kernels-native/native", "kernels-native/src/main", "service/src/main")) {
            try (Stream<Path> files = Files.walk(Documents.root().resolve(folder))) {
                files.filter(file -> file.toString().matches(".*\\.(h|cpp|cu|java|py|txt)"))
                        .filter(file -> read(file).matches("(?si).*IQ4_XS.*"))
                        .map(file -> file.getFileName().toString())
                        .filter(name -> !list.contains(name))
                        .forEach(silent::add);
            }
        }
        assertThat(silent).isEmpty();
    }

    /** Where an example of each thing is named in the sources, the list of what to do names the file. */
    @Test
    void everyFileOfTheMapExistsAndNoneIsForgotten() throws IOException {
        String text = Documents.text("CONTRIBUTING.md");
        String map = text.substring(text.indexOf("## Where to put it"));
        List<Path> sources = sources();
        Matcher files = Pattern.compile("`(\\w+\\.(?:java|h|cpp|cu))`").matcher(map);
        while (files.find()) {
            String name = files.group(1);
            assertThat(sources)
                    .as("%s in CONTRIBUTING.md", name)
                    .filteredOn(file -> file.endsWith(name))
                    .hasSize(1);
        }
        Matcher others = Pattern.compile("`((?:docs|service)/[\\w/.-]+)`").matcher(map);
        while (others.find()) {
            assertThat(Documents.root().resolve(others.group(1))).exists();
        }
        assertThat(silent(sources, "(?i)\\bmin_?p\\b", section(map, "A sampling parameter")))
                .isEmpty();
        assertThat(silent(sources, "TM_BACKEND_EMU|\\bEMU\\b", section(map, "A backend")))
                .containsOnly(
                        "found.h",
                        "device_bench.cpp",
                        "device_ceilings.cpp"); // The folder's own, and benches of devices.
        assertThat(silent(sources, "\\bMIXTRAL\\b|\\bMixtral\\(", section(map, "An architecture")))
                .isEmpty();
        assertThat(silent(sources, "n_experts_used|expertsUsed", section(map, "An architecture")))
                .as("sizes of an architecture outside of kernels, tests and what people are shown")
                .filteredOn(name -> name.endsWith(".java"))
                .containsOnly("GeometryFacts.java", "StepCost.java");
    }

    private static String section(String map, String name) {
        int begin = map.indexOf("**" + name + "**");
        assertThat(begin).as(name).isNotNegative();
        int end = map.indexOf("\n**", begin);
        return map.substring(begin, end < 0 ? map.length() : end);
    }

    /** Production sources of ours, and the library's tests, that have the pattern and that the list does not name. */
    private static Set<String> silent(List<Path> sources, String pattern, String list) {
        Pattern example = Pattern.compile(pattern);
        return sources.stream()
                .filter(file -> !file.toString().contains("/src/test/"))
                .filter(file -> example.matcher(read(file)).find())
                .map(file -> file.getFileName().toString())
                .filter(name -> !list.contains("`" + name + "`"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Everything written in a language, of both modules. */
    private static List<Path> sources() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String folder : List.of("kernels-native/native", "kernels-native/src", "service")) {
            try (Stream<Path> files = Files.walk(Documents.root().resolve(folder))) {
                files.filter(file -> file.toString().matches(".*\\.(h|cpp|cu|java)"))
                        .filter(file -> !file.toString().contains("/target/")
                                && !file.toString().contains("/native/build/")) // of the mutants
                        .forEach(sources::add);
            }
        }
        return sources;
    }

    /** Whoever reads the engine's package finds all that others may use in one place. */
    @Test
    void theEnginesDoorNamesAllThatIsPublic() throws IOException {
        Path engine = Documents.root().resolve("service/src/main/java/dev/tramontane/engine");
        String door = read(engine.resolve("package-info.java")).replaceAll("[\\s*]+", " ");
        Pattern declared = Pattern.compile("(?m)^public (?:final |sealed )*(?:class|interface|record|enum) (\\w+)");
        try (Stream<Path> files = Files.list(engine)) {
            assertThat(files.map(DocumentsTest::read)
                            .flatMap(text -> declared.matcher(text).results())
                            .map(type -> type.group(1)))
                    .hasSizeGreaterThan(10)
                    .allSatisfy(type -> assertThat(door).contains("{@link " + type + "}"));
        }
    }

    /** Every class, method and function that the walk of a token names is where it says. */
    @Test
    void everyNameOnTheWayOfATokenExists() throws IOException {
        String walk = Documents.text("docs/how-a-token-is-made.md");
        assertThat(walk.lines().count()).isLessThan(80);
        Map<String, String> classes = sources().stream()
                .filter(file -> file.toString().contains("/src/main/"))
                .filter(file -> !file.endsWith("package-info.java"))
                .collect(Collectors.toMap(
                        file -> file.getFileName().toString().replace(".java", ""),
                        DocumentsTest::read,
                        (one, other) -> one + other));
        Matcher names =
                Pattern.compile("`([A-Z]\\w+)(?:\\.(\\w+))?`(?!\\s*\\(`)").matcher(walk);
        int count = 0;
        while (names.find()) {
            count++;
            assertThat(classes).containsKey(names.group(1));
            if (names.group(2) != null) {
                Pattern member = Pattern.compile("\\b" + names.group(2) + "(\\(|\\b.*\\{)");
                assertThat(member.matcher(classes.get(names.group(1))).find())
                        .as("%s of docs/how-a-token-is-made.md is there", names.group())
                        .isTrue();
            }
        }
        Matcher functions = Pattern.compile("`(?:(\\w+)::)?(\\w+)`\\s+\\(`([\\w/]+\\.(?:h|cpp|cu))`\\)")
                .matcher(walk);
        while (functions.find()) {
            count++;
            String source = Documents.text("kernels-native/native/" + functions.group(3));
            String owner = functions.group(1) == null ? "" : functions.group(1) + "::";
            assertThat(source.contains(owner + functions.group(2) + "("))
                    .as("%s of docs/how-a-token-is-made.md is there", functions.group())
                    .isTrue();
        }
        assertThat(count).isGreaterThan(60);
    }

    /** Tests that the table of promises names exist, and every promise has a row. */
    @Test
    void everyPromiseHasItsTests() throws IOException {
        String architecture = Documents.text("docs/ARCHITECTURE.md");
        String table = architecture.substring(architecture.indexOf("| promise | tests |"));
        Matcher promises =
                Pattern.compile("(?m)^\\d\\. \\*\\*([^*]+?)\\.\\*\\*").matcher(Documents.text("README.md"));
        int count = 0;
        while (promises.find()) {
            count++;
            assertThat(table).as("docs/ARCHITECTURE.md's table").contains("| " + promises.group(1));
        }
        assertThat(count).isGreaterThanOrEqualTo(7);
        Set<String> classes = sources().stream()
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .collect(Collectors.toSet());
        Matcher named = Pattern.compile("`(?:[a-z]+\\.)*([A-Z]\\w+Test)`").matcher(table);
        while (named.find()) {
            assertThat(classes.contains(named.group(1)))
                    .as("%s of docs/ARCHITECTURE.md is there", named.group(1))
                    .isTrue();
        }
    }
}
