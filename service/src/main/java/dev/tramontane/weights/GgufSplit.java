package dev.tramontane.weights;

import static dev.tramontane.weights.ModelFileException.quoted;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds all parts of a model that llama.cpp's llama-gguf-split has split: {@code NAME-00001-of-00003.gguf} and so on in
 * one directory. Each says its number, the count of parts and the count of all tensors; the first has the metadata.
 */
final class GgufSplit {
    /** Each part is a mapping of its own. */
    static final int MAX_PARTS = 1024;

    private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf", Pattern.DOTALL);

    private final Path path;
    private final GgufPart given;
    private final int count;

    private GgufSplit(Path path, GgufPart given) {
        this.path = path;
        this.given = given;
        this.count = given.count();
    }

    /**
     * All parts in their order, {@code given} among them. When it fails, none of those it opened stays open.
     *
     * @param path of {@code given}
     */
    static List<GgufPart> complete(Path path, GgufPart given) {
        return new GgufSplit(path, given).complete();
    }

    private List<GgufPart> complete() {
        if (count > MAX_PARTS) {
            throw fault(given, GgufPart.COUNT, "this is one of " + count + " parts", "at most " + MAX_PARTS);
        }
        int number = (int) given.header().metadata().integer(GgufPart.NUMBER, 0, count - 1);
        String stem = stem(number);
        List<GgufPart> parts = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                parts.add(i == number ? given : open(stem, i));
            }
            checkTensors(parts);
            return parts;
        } catch (RuntimeException | Error failure) {
            parts.forEach(GgufPart::close);
            throw failure;
        }
    }

    /** The name before the numbers, which have to be those in the file. */
    private String stem(int number) {
        String file = String.valueOf(path.getFileName());
        Matcher name = NAME.matcher(file);
        if (!name.matches()
                || Integer.parseInt(name.group(2)) != number + 1
                || Integer.parseInt(name.group(3)) != count) {
            throw ModelFileException.in(
                            given.name(),
                            "this is part " + (number + 1) + " of " + count + " by its contents, but not by its name")
                    .expected("a name that ends in " + ending(number))
                    .advice("give all parts the names that they were published with");
        }
        return name.group(1);
    }

    private GgufPart open(String stem, int number) {
        Path sibling = path.resolveSibling(stem + ending(number));
        if (!Files.exists(sibling, LinkOption.NOFOLLOW_LINKS)) {
            throw ModelFileException.in(
                            given.name(),
                            "this is one of " + count + " parts, and " + quoted(String.valueOf(sibling.getFileName()))
                                    + " is not beside it")
                    .expected("all parts in one directory")
                    .advice("download the missing parts as well");
        }
        GgufPart part = GgufPart.open(sibling);
        try {
            checkPart(part, number);
            return part;
        } catch (RuntimeException | Error failure) {
            part.close();
            throw failure;
        }
    }

    private void checkPart(GgufPart part, int number) {
        GgufMetadata metadata = part.header().metadata();
        if (part.count() != count) {
            throw fault(part, GgufPart.COUNT, "this is one of " + part.count() + " parts", count + " parts");
        }
        long says = metadata.integer(GgufPart.NUMBER, 0, count - 1);
        if (says != number) {
            String found = "this is part " + (says + 1) + " by its contents";
            throw fault(part, GgufPart.NUMBER, found, "part " + (number + 1) + ", as its name says");
        }
        OptionalLong all = tensors(part);
        if (!all.equals(tensors(given))) {
            String found = "this is a part of a model of " + words(all) + " tensors";
            throw fault(part, GgufPart.TENSORS, found, words(tensors(given)));
        }
        Optional<String> architecture = metadata.findString("general.architecture");
        Optional<String> expected = given.header().metadata().findString("general.architecture");
        if (architecture.isPresent() && expected.isPresent() && !architecture.equals(expected)) {
            String found = "this is a part of a " + quoted(architecture.get()) + " model";
            throw fault(part, "general.architecture", found, quoted(expected.get()));
        }
    }

    private static void checkTensors(List<GgufPart> parts) {
        OptionalLong all = tensors(parts.getFirst());
        long sum = 0;
        for (GgufPart part : parts) {
            sum += part.header().tensors().size();
        }
        if (all.isPresent() && sum != all.getAsLong()) {
            String found = "the parts have " + sum + " tensors together";
            throw fault(parts.getFirst(), GgufPart.TENSORS, found, Long.toString(all.getAsLong()));
        }
    }

    private static OptionalLong tensors(GgufPart part) {
        return part.header().metadata().findInteger(GgufPart.TENSORS, 0, Integer.MAX_VALUE);
    }

    private static String words(OptionalLong count) {
        return count.isPresent() ? Long.toString(count.getAsLong()) : "unstated many";
    }

    private String ending(int number) {
        return String.format(Locale.ROOT, "-%05d-of-%05d.gguf", number + 1, count);
    }

    private static ModelFileException fault(GgufPart part, String key, String found, String expected) {
        return part.header()
                .metadata()
                .fault(key, found, expected, "the parts are not of one model: download them all from one place");
    }
}
