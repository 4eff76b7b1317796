package dev.tramontane.hub;

import dev.tramontane.files.SharedDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;

/**
 * Files that have come whole and were checked, on their way to where they belong. What goes where is noted before the first of them
 * moves: a process that is killed in between leaves them to the next one, which need not ask for them again. Its owner has the
 * store's lock.
 */
final class Placing {
    private static final int MOST_NOTE = 1 << 20;

    private final ModelStore store;
    private final Path note;
    private final IntFunction<Path> pieces;

    /**
     * @param key of what is under way
     * @param pieces where the files lie, by their numbers in the record
     */
    Placing(ModelStore store, String key, IntFunction<Path> pieces) {
        this.store = store;
        note = store.partial().resolve(key + ".ready");
        this.pieces = pieces;
    }

    /**
     * What another process had on its way, if it is what is asked for and all of it is there still; else its note is gone.
     *
     * @param known whether the server would say it if its file were another one now
     * @param progress how many bytes of it are checked
     */
    Optional<ModelRecord> left(Reference reference, String revision, boolean known, LongConsumer progress)
            throws IOException {
        Optional<byte[]> json = Folders.small(note, MOST_NOTE);
        if (json.isEmpty()) {
            return Optional.empty();
        }
        try {
            ModelRecord record = ModelRecord.read(json.get(), "the note " + note);
            if (known
                    && record.reference().equals(reference)
                    && record.revision().equals(revision)
                    && isThere(record, progress)) {
                return Optional.of(record);
            }
        } catch (HubException damaged) {
            Files.delete(note); // All of it comes again.
            return Optional.empty();
        }
        Files.delete(note);
        return Optional.empty();
    }

    /** @throws HubException when one is not any more what it was */
    private boolean isThere(ModelRecord record, LongConsumer progress) throws IOException {
        long checked = 0;
        for (int i = 0; i < record.files().size(); i++) {
            StoredModel.StoredFile file = record.files().get(i);
            Path here = Files.exists(pieces.apply(i)) ? pieces.apply(i) : store.blob(file.sha256());
            if (!Folders.has(here, file.bytes())) {
                return false;
            }
            long before = checked;
            CheckedFile.sum(
                    here,
                    new Digest(Digest.Kind.SHA_256, file.sha256()),
                    file.path(),
                    done -> progress.accept(before + done));
            checked += file.bytes();
        }
        return true;
    }

    /** Puts the files and then the model where they belong. A file that is no piece any more is there already. */
    StoredModel place(ModelRecord record) throws IOException {
        new SharedDirectory(store.partial()).write(note, ByteBuffer.wrap(record.json()));
        for (int i = 0; i < record.files().size(); i++) {
            if (Files.exists(pieces.apply(i))) {
                store.keep(pieces.apply(i), record.files().get(i).sha256());
            }
        }
        return store.put(record);
    }

    /** The model is where it belongs, and nothing is left of it here. */
    void end() throws IOException {
        Files.deleteIfExists(note);
    }
}
