package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Documents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of faults (docs/faults.md) against the tests that it names. */
class FaultsDocumentTest {
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (\\d+) \\| ([^|]+) \\| ([^|]+) \\|$");
    private static final Pattern TEST = Pattern.compile("`([A-Z]\\w*Test)(?:\\.(\\w+))?`");

    /** Those without a row are named below the table: model files and kernels. */
    private static final List<Integer> NUMBERS = IntStream.concat(
                    IntStream.rangeClosed(1, 37), IntStream.rangeClosed(53, 64))
            .boxed()
            .toList();

    private static String source(String test) throws IOException {
        for (String folder : List.of("service/src/test", "kernels-native/src/test")) {
            try (Stream<Path> files = Files.walk(Documents.root().resolve(folder))) {
                Optional<Path> file =
                        files.filter(path -> path.endsWith(test + ".java")).findFirst();
                if (file.isPresent()) {
                    return Files.readString(file.get());
                }
            }
        }
        throw new AssertionError("there is no test " + test);
    }

    @Test
    void everyNumberHasItsTests() throws IOException {
        List<Integer> numbers = new ArrayList<>();
        Matcher row = ROW.matcher(Documents.text("docs/faults.md"));
        while (row.find()) {
            int number = Integer.parseInt(row.group(1));
            numbers.add(number);
            boolean any = false;
            Matcher test = TEST.matcher(row.group(3));
            while (test.find()) {
                any = true;
                String source = source(test.group(1));
                if (test.group(2) != null) {
                    assertThat(source)
                            .as("%s: %s", number, test.group())
                            .containsPattern("(void|Stream<DynamicTest>|ArchRule) " + test.group(2) + "\\b");
                } else if (test.group(1).startsWith("Reliability")) {
                    assertThat(source)
                            .as("%s: %s", number, test.group())
                            .containsPattern("item\\(\\s*" + number + ",\\s+\"");
                }
            }
            assertThat(any).as("row %s names a test", number).isTrue();
        }
        assertThat(numbers).isEqualTo(NUMBERS);
    }

    private static final Pattern ITEM = Pattern.compile("[^\\w]item\\(\\s*(\\d+),\\s+\"");
    private static final Pattern NAMED = Pattern.compile(
            "@DisplayName\\(\\s*\"reliability (\\d+): [^\"]*\"\\)\\s+(?:@\\w+(?:\\([^)]*\\))?\\s+)*void (\\w+)");

    /** Each number is the name of a test, which the row of that number has. */
    @Test
    void everyNumberIsTheNameOfATest() throws IOException {
        String document = Documents.text("docs/faults.md");
        Set<Integer> named = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Documents.root().resolve("service/src/test/java"))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith("Test.java")).toList()) {
                String test = file.getFileName().toString().replace(".java", "");
                String source = Files.readString(file);
                Matcher item = ITEM.matcher(test.startsWith("Reliability") ? source : "");
                while (item.find()) {
                    named.add(Integer.parseInt(item.group(1)));
                    assertThat(document).containsPattern("(?m)^\\| " + item.group(1) + " \\| .*`" + test + "`");
                }
                Matcher method = NAMED.matcher(source);
                while (method.find()) {
                    named.add(Integer.parseInt(method.group(1)));
                    assertThat(document)
                            .containsPattern(
                                    "(?m)^\\| " + method.group(1) + " \\| .*`" + test + "\\." + method.group(2) + "`");
                }
            }
        }
        assertThat(named).containsExactlyElementsOf(NUMBERS);
    }
}
