package dev.tramontane.app;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/** A file of the kernel's in which each line is a word and a number: {@code meminfo}, {@code status}, {@code memory.stat}. */
final class ProcFile {
    private final Map<String, Long> values = new HashMap<>();

    private ProcFile() {}

    /** Reads it; a file that is not there has no words. */
    static ProcFile of(Path path) {
        ProcFile file = new ProcFile();
        for (String line : MemoryLimit.lines(path)) {
            String[] words = line.trim().split("\\s+", -1);
            if (words.length > 1 && words[1].matches("\\d{1,18}")) {
                file.values.put(words[0], Long.parseLong(words[1]));
            }
        }
        return file;
    }

    OptionalLong number(String word) {
        Long value = values.get(word);
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }

    /** Bytes of a number that the file gives in kB, which are KiB. */
    OptionalLong kibibytes(String word) {
        OptionalLong number = number(word);
        return number.isEmpty() ? number : OptionalLong.of(number.getAsLong() * 1024);
    }
}
