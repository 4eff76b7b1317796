package dev.tramontane.release;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * The instructions of a Dockerfile, each on one line.
 *
 * @param build those of the stage that builds
 * @param image those of the stage that is the image
 */
record Dockerfile(List<String> build, List<String> image) {
    static Dockerfile of(String variant) throws IOException {
        List<List<String>> stages = new ArrayList<>();
        for (String line : Files.readAllLines(Packing.root().resolve("packaging/" + variant + ".Dockerfile"))) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith("FROM ")) {
                stages.add(new ArrayList<>());
            }
            stages.getLast().add(line);
        }
        return new Dockerfile(stages.getFirst(), stages.getLast());
    }

    /** What follows an instruction in the image's stage, in order. */
    List<String> words(String instruction) {
        return image.stream()
                .filter(line -> line.startsWith(instruction + " "))
                .map(line -> line.substring(instruction.length() + 1))
                .toList();
    }
}
