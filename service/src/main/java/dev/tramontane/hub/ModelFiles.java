package dev.tramontane.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which files of a repository are a model: a set of safetensors with what describes it, or a GGUF file with its parts. */
final class ModelFiles {
    /** The quantisation that is taken where several are there and none is named. */
    static final String USUAL = "Q4_K_M";

    /** Small files at the top that describe a model, its tokenizer and its chats. */
    private static final Pattern DESCRIPTION = Pattern.compile("config\\.json|params\\.json|generation_config\\.json"
            + "|tokenizer\\.json|tokenizer_config\\.json|tokenizer\\.model(\\.v\\d{1,2}(m\\d{1,2})?)?|tekken\\.json"
            + "|special_tokens_map\\.json|added_tokens\\.json|vocab\\.json|merges\\.txt|chat_template\\.(jinja|json)"
            + "|LICEN[CS]E(\\.(txt|md))?|SYSTEM_PROMPT\\.txt");

    private static final Pattern TOKENIZER = Pattern.compile("tokenizer\\.json|tokenizer\\.model.*|tekken\\.json");

    private static final Pattern PART = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})(\\.gguf|\\.safetensors)");

    /** Names of quantisations as they stand in names of files. */
    private static final Pattern QUANTISATION = Pattern.compile(
            "(?:^|[-._/])((?:UD-)?(?:I?Q\\d(?:_[A-Z0-9]{1,3}){0,3}|TQ\\d_\\d|MXFP4(?:_MOE)?|BF16|F16|F32))"
                    + "(?=[-._/])",
            Pattern.CASE_INSENSITIVE);

    private ModelFiles() {}

    /**
     * @param entry the file to open; empty for the directory
     * @param paths all files, the entry among them
     */
    record Choice(String entry, List<String> paths) {}

    /**
     * Chooses.
     *
     * @param paths of all files of the repository
     * @param size of a file for people, in the list of what could be named
     * @throws HubException when nothing is a model, or it has to be said which
     */
    static Choice choose(Reference.HuggingFace name, List<String> paths, Function<String, String> size) {
        if (!name.file().isEmpty()) {
            if (!paths.contains(name.file())) {
                throw absent(name.id() + " has no file " + name.file() + " at " + name.revision(), paths);
            }
            return gguf(name.file(), paths);
        }
        if (name.variant().isEmpty()) {
            for (String weights : List.of("consolidated", "model")) {
                String config = weights.equals("model") ? "config.json" : "params.json";
                List<String> tensors = tensors(weights, paths);
                if (paths.contains(config)
                        && !tensors.isEmpty()
                        && paths.stream()
                                .anyMatch(path -> TOKENIZER.matcher(path).matches())) {
                    return directory(tensors, paths);
                }
            }
        }
        return variant(name, paths, size);
    }

    private static List<String> tensors(String weights, List<String> paths) {
        Pattern own = Pattern.compile(weights + "(-\\d{5}-of-\\d{5})?\\.safetensors(\\.index\\.json)?");
        List<String> all =
                paths.stream().filter(path -> own.matcher(path).matches()).toList();
        List<String> whole = all.stream()
                .filter(path -> path.equals(weights + ".safetensors"))
                .toList();
        List<String> parts =
                all.stream().filter(path -> PART.matcher(path).matches()).toList();
        if (!whole.isEmpty()) {
            return whole;
        }
        return !parts.isEmpty() && parts(parts.getFirst(), paths).size() == count(parts.getFirst()) ? all : List.of();
    }

    private static Choice directory(List<String> tensors, List<String> paths) {
        List<String> all = new ArrayList<>(paths.stream()
                .filter(path -> DESCRIPTION.matcher(path).matches())
                .toList());
        all.addAll(tensors);
        return new Choice("", all);
    }

    private static Choice gguf(String file, List<String> paths) {
        Matcher part = PART.matcher(file);
        if (!part.matches()) {
            return new Choice(file, List.of(file));
        }
        List<String> parts = parts(file, paths);
        if (parts.size() != count(file)) {
            throw new HubException(
                    HubException.Kind.ABSENT,
                    "of the " + count(file) + " parts of " + file + " only " + parts.size() + " are there");
        }
        return new Choice(parts.getFirst(), parts);
    }

    private static int count(String part) {
        Matcher matcher = PART.matcher(part);
        return matcher.matches() ? Integer.parseInt(matcher.group(3)) : 1;
    }

    /** All files of a split set, the first first. */
    private static List<String> parts(String one, List<String> paths) {
        Matcher wanted = PART.matcher(one);
        if (!wanted.matches()) {
            return List.of(one);
        }
        return paths.stream()
                .filter(path -> {
                    Matcher matcher = PART.matcher(path);
                    return matcher.matches()
                            && matcher.group(1).equals(wanted.group(1))
                            && matcher.group(3).equals(wanted.group(3))
                            && matcher.group(4).equals(wanted.group(4));
                })
                .sorted()
                .toList();
    }

    private static Choice variant(Reference.HuggingFace name, List<String> paths, Function<String, String> size) {
        Map<String, List<String>> variants = new TreeMap<>();
        for (String path : paths) {
            String small = path.toLowerCase(Locale.ROOT);
            boolean other = small.contains("mmproj") || small.contains("imatrix");
            Matcher part = PART.matcher(path);
            boolean later = part.matches() && Integer.parseInt(part.group(2)) != 1;
            if (small.endsWith(".gguf") && !other && !later) {
                variants.computeIfAbsent(quantisation(path), key -> new ArrayList<>())
                        .add(path);
            }
        }
        String wanted = name.variant().isEmpty() ? USUAL : name.variant().toUpperCase(Locale.ROOT);
        List<String> chosen = variants.getOrDefault(wanted, List.of());
        List<String> all = variants.values().stream().flatMap(List::stream).toList();
        if (chosen.size() == 1) {
            return gguf(chosen.getFirst(), paths);
        }
        if (name.variant().isEmpty() && all.size() == 1) {
            return gguf(all.getFirst(), paths);
        }
        if (all.isEmpty()) {
            throw absent(
                    name.id()
                            + " holds neither a GGUF file nor a whole set of config.json or params.json, a tokenizer"
                            + " and safetensors files",
                    paths);
        }
        String listed = all.stream()
                .limit(40)
                .map(path -> "hf:" + name.id() + "/" + path + size.apply(path))
                .collect(Collectors.joining(", "));
        throw new HubException(
                HubException.Kind.ABSENT,
                name.id() + " has several GGUF files and " + (chosen.isEmpty() ? "none" : "not only one") + " of "
                        + wanted + ": name one of " + listed);
    }

    private static String quantisation(String path) {
        Matcher matcher = QUANTISATION.matcher(path);
        String last = "";
        while (matcher.find()) {
            last = matcher.group(1).toUpperCase(Locale.ROOT);
        }
        return last;
    }

    private static HubException absent(String what, List<String> paths) {
        String pickles = paths.stream().anyMatch(path -> path.endsWith(".bin") || path.endsWith(".pth"))
                ? "; what it has are pickles, which are not read: look for a repository of its makers with safetensors"
                : "";
        return new HubException(HubException.Kind.ABSENT, what + pickles);
    }
}
