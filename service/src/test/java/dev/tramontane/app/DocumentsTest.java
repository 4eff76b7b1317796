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
    private static final List<String> COMMANDS = List.of("serve", "complete", "chat", "inspect", "convert", "doctor");

    /** Options of other programs that the documents tell how to call. */
    private static final Set<String> FOREIGN =
            Set.of("--build", "--enable-native-access", "--model-path", "--preset", "--target", "--user", "--init");

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
                    .append(setting.option().paramLabel().replace("|", "\\|"))
                    .append("` | ")
                    .append(String.join(" ", setting.option().description())
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

    private static Set<String> components(Class<?> configured) {
        Set<String> names = new TreeSet<>();
        for (RecordComponent component : configured.getRecordComponents()) {
            names.add(component.getName());
            if (component.getType().isRecord() && component.getType().getNestHost() == Configuration.class) {
                names.addAll(components(component.getType()));
            }
        }
        return names;
    }

    @Test
    void everyFlagInADocumentExists() {
        Set<String> known = new TreeSet<>(FOREIGN);
        known.add("--quick"); // Of the launcher's test command.
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
        known.addAll(List.of("TRAMONTANE_CONFIG", "TRAMONTANE_JAVA_HOME", "TRAMONTANE_JVM_FLAGS"));
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
        Set<String> classes = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Documents.root().resolve("service/src/test/java"))) {
            files.filter(Files::isRegularFile)
                    .forEach(file -> classes.add(file.getFileName().toString().replace(".java", "")));
        }
        Matcher named = Pattern.compile("`(?:[a-z]+\\.)*([A-Z]\\w+Test)`").matcher(table);
        while (named.find()) {
            assertThat(classes).as("named in docs/ARCHITECTURE.md").contains(named.group(1));
        }
    }
}
