package dev.tramontane.hub;

import dev.tramontane.hub.Reference.HuggingFace;
import dev.tramontane.hub.StoredModel.Place;
import dev.tramontane.hub.StoredModel.StoredFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Models in the cache of Hugging Face's libraries, read where they lie: {@code models--OWNER--REPOSITORY} with {@code refs} and
 * {@code snapshots/COMMIT}.
 */
final class HuggingFaceCache {
    private static final int MOST_FILES = 20_000;
    private static final String PREFIX = "models--";

    private final Path directory;

    HuggingFaceCache(Path directory) {
        this.directory = directory;
    }

    /** The model, if a whole one is there; a repository of which a part was fetched is as if it were not. */
    Optional<StoredModel> find(HuggingFace name) throws IOException {
        Path repository = directory.resolve(PREFIX + name.owner() + "--" + name.repository());
        String commit = name.revision();
        Optional<byte[]> reference = Folders.small(SafePath.in(repository.resolve("refs"), name.revision()), 128);
        if (reference.isPresent()) {
            commit = new String(reference.get(), StandardCharsets.US_ASCII).strip();
        }
        if (!Digest.isGit(commit)) {
            return Optional.empty();
        }
        Path snapshot = repository.resolve("snapshots").resolve(commit);
        List<String> paths = paths(snapshot);
        if (paths.isEmpty()) {
            return Optional.empty();
        }
        ModelFiles.Choice choice;
        try {
            choice = ModelFiles.choose(name, paths, path -> "");
        } catch (HubException notWhole) {
            return Optional.empty();
        }
        List<StoredFile> files = new ArrayList<>();
        for (String path : choice.paths()) {
            files.add(new StoredFile(path, Files.size(SafePath.in(snapshot, path)), ""));
        }
        return Optional.of(new StoredModel(
                name,
                Place.HUGGING_FACE,
                choice.entry().isEmpty() ? snapshot : SafePath.in(snapshot, choice.entry()),
                files,
                Files.getLastModifiedTime(snapshot).toInstant(),
                "",
                commit));
    }

    /** Every repository whose main branch is there as a model. */
    List<StoredModel> list() throws IOException {
        List<StoredModel> all = new ArrayList<>();
        for (Path repository : Folders.list(directory)) {
            Optional<HuggingFace> name = name(String.valueOf(repository.getFileName()));
            name.flatMap(this::passingOver).ifPresent(all::add);
        }
        return all;
    }

    /** What cannot be read is not for us. */
    private Optional<StoredModel> passingOver(HuggingFace name) {
        try {
            return find(name);
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }

    /** Empty for what is no folder of a repository. */
    private static Optional<HuggingFace> name(String folder) {
        String[] parts = folder.split("--", -1);
        if (parts.length != 3 || !parts[0].equals("models")) {
            return Optional.empty();
        }
        try {
            return References.parse("hf:" + parts[1] + "/" + parts[2]) instanceof HuggingFace name
                    ? Optional.of(name)
                    : Optional.empty();
        } catch (HubException othersName) {
            return Optional.empty();
        }
    }

    /** Files that can be read, through the links that they are. */
    private static List<String> paths(Path snapshot) throws IOException {
        if (!Files.isDirectory(snapshot)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(snapshot, 4)) {
            return files.limit(MOST_FILES)
                    .filter(Files::isRegularFile)
                    .map(file -> snapshot.relativize(file).toString())
                    .filter(SafePath::isSafe)
                    .sorted()
                    .toList();
        } catch (UncheckedIOException unreadable) {
            throw unreadable.getCause();
        }
    }
}
