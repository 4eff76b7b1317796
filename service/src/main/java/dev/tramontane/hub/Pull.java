package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.PullPlan.PlannedFile;
import dev.tramontane.hub.Ranges.Facts;
import dev.tramontane.hub.StoredModel.StoredFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Brings what a plan says into the store, whose lock its owner has. */
final class Pull {
    /** What the disk keeps besides. */
    private static final long MARGIN = 64L << 20;

    private final ModelStore store;
    private final HubConfig config;
    private final Transport transport;
    private final Endpoint endpoint;
    private final Supplier<String> advice;
    private final PullListener listener;

    /** Files that the name meant until now, by their paths. */
    private final Map<String, StoredFile> before = new HashMap<>();

    /**
     * @param endpoint of the hub
     * @param advice where it wants to know who asks
     */
    Pull(
            ModelStore store,
            HubConfig config,
            Transport transport,
            Endpoint endpoint,
            Supplier<String> advice,
            PullListener listener) {
        this.store = store;
        this.config = config;
        this.transport = transport;
        this.endpoint = endpoint;
        this.advice = advice;
        this.listener = listener;
    }

    StoredModel run(PullPlan plan) throws IOException, InterruptedException {
        store.find(plan.reference()).ifPresent(model -> model.files().forEach(file -> before.put(file.path(), file)));
        if (plan.reference() instanceof Reference.Web web) {
            return web(plan, web);
        }
        long missing = 0;
        for (PlannedFile file : plan.files()) {
            missing += missing(file);
        }
        listener.planned(plan, missing);
        requireRoom(plan, missing);
        ModelRecord record = files(plan);
        listener.checked(plan);
        return store.put(record.readable());
    }

    /** A file or an archive, of which nobody may know the sums: what is checked and not yet in its place is not asked for again. */
    private StoredModel web(PullPlan plan, Reference.Web web) throws IOException, InterruptedException {
        PlannedFile file = plan.files().getFirst();
        Path scratch = scratch(file, web);
        Placing placing = new Placing(
                store, file.key(), web.isArchive() ? number -> Unpacked.member(scratch, number) : number -> part(file));
        Optional<ModelRecord> left = placing.left(
                plan.reference(),
                plan.revision(),
                file.digest() != null || !plan.revision().isEmpty(),
                done -> listener.checking(file, Math.min(done, file.bytes())));
        ModelRecord record;
        if (left.isPresent()) {
            listener.planned(plan, 0);
            record = left.get();
        } else {
            // What nothing goes on from takes no room from what comes.
            long unpacked = web.isZip() ? ZipScratch.tidied(scratch) : TarPull.tidied(scratch, file);
            long missing = web.isTar() ? file.bytes() - unpacked : missing(file);
            listener.planned(plan, missing);
            // A zip file lies beside what is unpacked of it, of which it is heard later how large it is.
            requireRoom(plan, missing + (web.isZip() ? Math.max(0, file.bytes() - unpacked) : 0));
            record = (web.isArchive() ? unpacked(plan, web, scratch) : files(plan)).readable();
        }
        listener.checked(plan);
        StoredModel model = placing.place(record);
        Folders.remove(scratch);
        forget(file);
        placing.end();
        return model;
    }

    /**
     * Its SHA-256 where its bytes are in the store; null where they are not, or nobody can tell. Of what git sums, small files all, it is looked whether the
     * one that the name meant before is the same.
     */
    private @Nullable String there(PlannedFile file) throws IOException {
        Digest digest = file.digest();
        if (digest == null) {
            return null;
        }
        StoredFile old = before.get(file.path());
        String sum = digest.kind() == Digest.Kind.SHA_256 ? digest.hex() : old == null ? null : old.sha256();
        if (sum == null || !Folders.has(store.blob(sum), file.bytes())) {
            return null;
        }
        try {
            return digest.kind() == Digest.Kind.SHA_256
                    ? sum
                    : CheckedFile.sum(store.blob(sum), digest, file.path(), done -> {});
        } catch (HubException another) {
            return null; // It has changed, and comes.
        }
    }

    private long missing(PlannedFile file) throws IOException {
        if (there(file) != null) {
            return 0;
        }
        // Of a file that is under way the part that takes room; its note says which, its server whether it counts.
        Path part = part(file);
        return file.bytes() - (Files.isRegularFile(part) ? PartState.noted(Download.note(part), file.bytes()) : 0);
    }

    private void requireRoom(PullPlan plan, long missing) {
        long free = config.freeBytes().applyAsLong(store.path());
        if (missing > 0 && free < missing + MARGIN) {
            throw new HubException(
                    Kind.STORE,
                    plan.reference().text() + " needs " + megabytes(missing + MARGIN) + " MB more in " + store.path()
                            + ", where " + megabytes(free)
                            + " MB are free: make room (tramontane rm, tramontane prune), or"
                            + " say --model-store DIR");
        }
    }

    private static long megabytes(long bytes) {
        return (bytes + 999_999) / 1_000_000;
    }

    private Path part(PlannedFile file) {
        return store.partial().resolve(file.key());
    }

    private Ranges ranges(PlannedFile file) {
        return new Ranges(transport, endpoint, new Tries(file.uri(), file.path(), advice, config.pause()));
    }

    private ModelRecord files(PullPlan plan) throws IOException, InterruptedException {
        List<StoredFile> files = new ArrayList<>();
        for (PlannedFile file : plan.files()) {
            String sum = there(file);
            if (sum != null) {
                listener.at(file, file.bytes());
            } else {
                sum = come(file);
                store.keep(part(file), sum);
                forget(file);
            }
            files.add(new StoredFile(file.path(), file.bytes(), sum));
        }
        return new ModelRecord(plan.reference(), plan.entry(), files, plan.licence(), plan.revision());
    }

    /**
     * Gets a file, and checks it.
     *
     * @return its SHA-256
     */
    private String come(PlannedFile file) throws IOException, InterruptedException {
        Facts facts = new Download(file, ranges(file), part(file), config, listener).run();
        Digest digest = file.digest() == null ? linked(facts) : file.digest();
        try {
            return CheckedFile.sum(
                    part(file),
                    digest,
                    file.path() + " from " + endpoint.host(),
                    done -> listener.checking(file, done));
        } catch (HubException another) {
            forget(file);
            throw another;
        }
    }

    /** Takes away what is kept of a file while it is under way. */
    private void forget(PlannedFile file) throws IOException {
        Files.deleteIfExists(part(file));
        Files.deleteIfExists(Download.note(part(file)));
    }

    /** A hub that keeps large files elsewhere says their SHA-256 as their ETag. */
    private static @Nullable Digest linked(Facts facts) {
        String tag = facts.linked().replace("\"", "");
        return Digest.isSha256(tag) ? new Digest(Digest.Kind.SHA_256, tag) : null;
    }

    private Path scratch(PlannedFile archive, Reference.Web web) {
        return web.isZip() ? ZipScratch.folder(store.partial(), archive) : TarPull.folder(store.partial(), archive);
    }

    /** An archive, of which the members are the model's files. */
    private ModelRecord unpacked(PullPlan plan, Reference.Web web, Path scratch)
            throws IOException, InterruptedException {
        PlannedFile archive = plan.files().getFirst();
        TarPull.Room room = bytes -> requireRoom(plan, bytes);
        Unpacked unpacked = web.isTar()
                ? new TarPull(archive, ranges(archive), scratch, config, listener).run(room)
                : unzipped(archive, scratch, room);
        return new ModelRecord(plan.reference(), unpacked.entry(), unpacked.files(), plan.licence(), plan.revision());
    }

    /** A zip file says at its end what is in it: all of it comes first, as any file does, and is unpacked then. */
    private Unpacked unzipped(PlannedFile zip, Path scratch, TarPull.Room room)
            throws IOException, InterruptedException {
        String sum = come(zip);
        try {
            return new ZipPull(zip, part(zip), scratch, listener).run(sum, room);
        } catch (HubException refused) {
            if (refused.kind() == Kind.WRONG) { // Else the next pull goes on.
                Folders.remove(scratch);
                forget(zip);
            }
            throw refused;
        }
    }
}
