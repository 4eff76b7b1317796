package dev.tramontane.hub;

import dev.tramontane.files.SharedDirectory;
import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.StoredModel.Place;
import dev.tramontane.hub.StoredModel.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.LongSummaryStatistics;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Models that were pulled. A file is a blob under its SHA-256, once, whoever needs it; a model is a record, written in one
 * piece when all its blobs are there, and a folder of links that have the files' names. What is under way lies apart.
 * Any thread, several processes.
 */
final class ModelStore {
    private static final String RECORD = "model.json";
    private static final int MOST_RECORD = 1 << 20;

    private final Path directory;

    /** @param directory made, for its owner alone, when something is put there */
    ModelStore(Path directory) {
        this.directory = directory.toAbsolutePath().normalize();
    }

    Path path() {
        return directory;
    }

    /** Where blobs are. */
    Path blob(String sha256) {
        return blobs().resolve("sha256-" + sha256);
    }

    private Path blobs() {
        return directory.resolve("blobs");
    }

    /** Where what is under way lies. */
    Path partial() {
        return directory.resolve("partial");
    }

    private Path models() {
        return directory.resolve("models");
    }

    /** A folder's name, made of a model's: legible, and never anything else than a name. */
    private Path folder(Reference reference) {
        String text = reference.text();
        String legible = text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        String sum = Digest.sha256(text.getBytes(StandardCharsets.UTF_8));
        return models().resolve(legible.substring(0, Math.min(48, legible.length())) + "-" + sum.substring(0, 12));
    }

    /** Makes the folders. */
    void make() throws IOException {
        for (Path folder : List.of(directory, blobs(), partial(), models())) {
            SharedDirectory made = new SharedDirectory(folder);
            if (!Files.isWritable(made.path())) {
                throw new IOException("no permission to write in " + folder);
            }
        }
    }

    StoreLock lock(Runnable waiting) throws IOException, InterruptedException {
        make();
        return StoreLock.acquire(directory.resolve(".lock"), waiting);
    }

    /** The model of that name, if it is there with every file of it. */
    Optional<StoredModel> find(Reference reference) throws IOException {
        return stored(folder(reference)).filter(model -> model.reference().equals(reference));
    }

    List<StoredModel> list() throws IOException {
        List<StoredModel> all = new ArrayList<>();
        for (Path folder : Folders.list(models())) {
            stored(folder).ifPresent(all::add);
        }
        return all;
    }

    private Optional<StoredModel> stored(Path folder) throws IOException {
        Optional<ModelRecord> record = record(folder);
        return record.isPresent() && whole(folder, record.get())
                ? Optional.of(stored(folder, record.get()))
                : Optional.empty();
    }

    private static StoredModel stored(Path folder, ModelRecord record) throws IOException {
        Path files = folder.resolve(record.set());
        return new StoredModel(
                record.reference(),
                Place.OWN,
                record.entry().isEmpty() ? files : SafePath.in(files, record.entry()),
                record.files(),
                Files.getLastModifiedTime(folder.resolve(RECORD)).toInstant(),
                record.licence(),
                record.revision());
    }

    private static Optional<ModelRecord> record(Path folder) throws IOException {
        Path file = folder.resolve(RECORD);
        Optional<byte[]> bytes = Folders.small(file, MOST_RECORD);
        try {
            return bytes.map(json -> ModelRecord.read(json, "the record " + file));
        } catch (HubException damaged) { // Nothing that a hub has sent.
            throw new HubException(Kind.STORE, String.valueOf(damaged.getMessage()), damaged);
        }
    }

    /** Through the links, as it will be opened. */
    private static boolean whole(Path folder, ModelRecord record) throws IOException {
        Path files = folder.resolve(record.set());
        for (StoredFile file : record.files()) {
            if (!Folders.has(SafePath.in(files, file.path()), file.bytes())) {
                return false;
            }
        }
        return true;
    }

    /** Puts a checked file among the blobs. Under the lock. */
    void keep(Path file, String sha256) throws IOException {
        Files.move(file, blob(sha256), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Puts a model there, in place of what the name meant before. Under the lock, when its blobs are there. */
    StoredModel put(ModelRecord record) throws IOException {
        Path folder = new SharedDirectory(folder(record.reference())).path();
        Path files = folder.resolve(record.set());
        for (StoredFile file : record.files()) {
            Path link = SafePath.in(files, file.path());
            Path parent = Objects.requireNonNull(link.getParent());
            Path blob = parent.relativize(blob(file.sha256()));
            // One that is right stays: whoever opens the model meanwhile finds it.
            if (!Files.isSymbolicLink(link) || !Files.readSymbolicLink(link).equals(blob)) {
                Files.createDirectories(parent);
                Files.deleteIfExists(link);
                Files.createSymbolicLink(link, blob);
            }
        }
        new SharedDirectory(folder).write(folder.resolve(RECORD), ByteBuffer.wrap(record.json()));
        for (Path other : Folders.list(folder)) {
            if (Files.isDirectory(other, LinkOption.NOFOLLOW_LINKS) && !other.equals(files)) {
                Folders.remove(other);
            }
        }
        return stored(folder, record);
    }

    /**
     * Takes a name away, and the blobs that no other name has.
     *
     * @return whether there was such a name
     */
    boolean remove(Reference reference) throws IOException {
        Path folder = folder(reference);
        if (!Files.isDirectory(folder)) {
            return false;
        }
        Files.deleteIfExists(folder.resolve(RECORD)); // From here on it is not there.
        Folders.remove(folder);
        sweep();
        return true;
    }

    /** Bytes of all blobs, and of what is under way. */
    long taken() throws IOException {
        long bytes = 0;
        for (Path folder : List.of(blobs(), partial())) {
            if (Files.isDirectory(folder)) {
                bytes += Folders.sizes(folder).getSum();
            }
        }
        return bytes;
    }

    /** Takes away the blobs that no name has, unless a pull is under way. */
    void sweep() throws IOException {
        if (Files.isDirectory(directory)) {
            try (StoreLock lock = StoreLock.tryAcquire(directory.resolve(".lock"))) {
                if (lock != null) {
                    sweep(new Swept());
                }
            }
        }
    }

    /**
     * Takes away what is unfinished and what no name has.
     *
     * @return what went; null when a pull is under way, which nothing is taken from
     */
    @Nullable
    Pruned prune() throws IOException {
        if (!Files.isDirectory(directory)) {
            return new Pruned(0, 0);
        }
        try (StoreLock lock = StoreLock.tryAcquire(directory.resolve(".lock"))) {
            if (lock == null) {
                return null;
            }
            Swept swept = new Swept();
            for (Path unfinished : Folders.list(partial())) {
                swept.remove(unfinished);
            }
            for (Path folder : Folders.list(models())) {
                if (record(folder).isEmpty()) {
                    Folders.remove(folder);
                }
            }
            sweep(swept);
            return new Pruned(swept.files, swept.bytes);
        }
    }

    /** Removes the blobs that no record has. A record that cannot be read might have any: it is an error. */
    private void sweep(Swept swept) throws IOException {
        Set<Path> needed = new HashSet<>();
        for (Path folder : Folders.list(models())) {
            record(folder).ifPresent(record -> record.files().forEach(file -> needed.add(blob(file.sha256()))));
        }
        for (Path blob : Folders.list(blobs())) {
            if (!needed.contains(blob)) {
                swept.remove(blob);
            }
        }
    }

    /** What was taken away. */
    record Pruned(int files, long bytes) {}

    private static final class Swept {
        private int files;
        private long bytes;

        /** A folder with all that is in it: an archive that was being unpacked is one. */
        void remove(Path path) throws IOException {
            LongSummaryStatistics sizes = Folders.sizes(path);
            files += Math.toIntExact(sizes.getCount());
            bytes += sizes.getSum();
            Folders.remove(path);
        }
    }
}
