package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.PullPlan.PlannedFile;
import dev.tramontane.hub.Ranges.Facts;
import dev.tramontane.hub.StoredModel.StoredFile;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Brings what a plan says into the store, whose lock its owner has. */
final class Pull {
    /** What the disk keeps besides. */
    private static final long MARGIN = 64L << 20;

    private final ModelStore store;
    private final HubConfig config;
    private final Transport transport;
    private final Endpoint endpoint;
    private final String advice;
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
            String advice,
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
        long missing = 0;
        for (PlannedFile file : plan.files()) {
            missing += missing(file);
        }
        listener.planned(plan, missing);
        requireRoom(plan, missing);
        ModelRecord record = plan.reference() instanceof Reference.Web web && isTar(web) ? unpacked(plan) : files(plan);
        listener.checked(plan);
        return store.put(record.readable());
    }

    static boolean isTar(Reference.Web web) {
        return web.fileName().toLowerCase(Locale.ROOT).endsWith(".tar");
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
                sum = fetched(file);
            }
            files.add(new StoredFile(file.path(), file.bytes(), sum));
        }
        return new ModelRecord(plan.reference(), plan.entry(), files, plan.licence(), plan.revision());
    }

    /** Gets a file, checks it, keeps it. */
    private String fetched(PlannedFile file) throws IOException, InterruptedException {
        Path part = part(file);
        Facts facts = new Download(file, ranges(file), part, config, listener).run();
        Digest digest = file.digest() == null ? linked(facts) : file.digest();
        String sum;
        try {
            sum = CheckedFile.sum(
                    part, digest, file.path() + " from " + endpoint.host(), done -> listener.checking(file, done));
        } catch (HubException another) {
            Files.deleteIfExists(part);
            Files.deleteIfExists(Download.note(part));
            throw another;
        }
        store.keep(part, sum);
        Files.deleteIfExists(Download.note(part));
        return sum;
    }

    /** A hub that keeps large files elsewhere says their SHA-256 as their ETag. */
    private static @Nullable Digest linked(Facts facts) {
        String tag = facts.linked().replace("\"", "");
        return Digest.isSha256(tag) ? new Digest(Digest.Kind.SHA_256, tag) : null;
    }

    /** A tar file as it comes: what is unpacked of it is the model's when all has come, and its sum is right. */
    private ModelRecord unpacked(PullPlan plan) throws IOException, InterruptedException {
        PlannedFile tar = plan.files().getFirst();
        Path scratch = store.partial().resolve(tar.key() + ".tar");
        Folders.remove(scratch);
        Files.createDirectories(scratch);
        try {
            Facts facts = ranges(tar).facts();
            if (facts.bytes() != tar.bytes()) { // For which there may be no room.
                throw new HubException(
                        Kind.WRONG, tar.path() + " changes at its server while it is fetched; try later");
            }
            if (!facts.ranges()) {
                requireRoom(plan, 2 * tar.bytes());
            }
            Digest wanted = tar.digest();
            TarUnpacking unpacking;
            try (InputStream coming = coming(tar, facts, scratch);
                    DigestInputStream in =
                            new DigestInputStream(coming, Digest.start(Digest.Kind.SHA_256, facts.bytes()))) {
                unpacking = TarUnpacking.of(new Told(in, tar), scratch, facts.bytes(), tar.path());
                String sum = HexFormat.of().formatHex(in.getMessageDigest().digest());
                if (wanted != null && !wanted.hex().equals(sum)) {
                    throw new HubException(
                            Kind.WRONG,
                            tar.path() + " from " + endpoint.host() + " is damaged or another file: SHA-256 is " + sum
                                    + ", and should be " + wanted.hex());
                }
            }
            for (int i = 0; i < unpacking.files().size(); i++) {
                store.keep(
                        TarUnpacking.file(scratch, i), unpacking.files().get(i).sha256());
            }
            return new ModelRecord(
                    plan.reference(), unpacking.entry(), unpacking.files(), plan.licence(), plan.revision());
        } finally {
            Folders.remove(scratch);
        }
    }

    /** In parts where the server gives parts; else all of it first, which takes twice the room. */
    private InputStream coming(PlannedFile tar, Facts facts, Path scratch) throws IOException, InterruptedException {
        if (facts.ranges()) {
            return new RangeStream(ranges(tar), facts, scratch, config);
        }
        Path whole = scratch.resolve("whole");
        new Download(tar, ranges(tar), whole, config, listener).run();
        return Files.newInputStream(whole);
    }

    /** Tells how much was read. */
    private final class Told extends FilterInputStream {
        private final PlannedFile file;
        private long done;

        Told(InputStream in, PlannedFile file) {
            super(in);
            this.file = file;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = super.read(bytes, offset, length);
            done += Math.max(0, read);
            listener.at(file, done);
            return read;
        }
    }
}
