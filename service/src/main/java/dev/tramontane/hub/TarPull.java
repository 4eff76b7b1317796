package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.PullPlan.PlannedFile;
import dev.tramontane.hub.Ranges.Facts;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Brings a tar file and unpacks it as it comes, from where another process left off. What is unpacked of it is the model's when
 * all has come, and its sum is right. Its owner has the store's lock.
 */
final class TarPull {
    private final PlannedFile tar;
    private final Ranges ranges;
    private final Path folder;
    private final HubConfig config;
    private final PullListener listener;

    /** @param folder of what is under way, {@link #folder} of the same file */
    TarPull(PlannedFile tar, Ranges ranges, Path folder, HubConfig config, PullListener listener) {
        this.tar = tar;
        this.ranges = ranges;
        this.folder = folder;
        this.config = config;
        this.listener = listener;
    }

    /** Where what is under way of a tar file lies. */
    static Path folder(Path partial, PlannedFile tar) {
        return partial.resolve(tar.key() + ".tar");
    }

    /**
     * Takes away what nothing goes on from.
     *
     * @return bytes of it that stay on the disk
     */
    static long tidied(Path folder, PlannedFile tar) throws IOException {
        long offset = TarScratch.noted(folder, tar.bytes())
                .map(TarScratch.Noted::offset)
                .orElse(0L);
        if (offset == 0) {
            Folders.remove(folder);
        }
        return offset;
    }

    /**
     * Blocks until all is there.
     *
     * @param room asks the disk for so many bytes more than are there, before they come
     * @return its files, members of {@link #folder}
     */
    Unpacked run(Room room) throws IOException, InterruptedException {
        Facts facts = ranges.facts();
        if (facts.bytes() != tar.bytes()) { // For which there may be no room.
            throw new HubException(Kind.WRONG, tar.path() + " changes at its server while it is fetched; try later");
        }
        if (!facts.ranges()) {
            room.require(2 * tar.bytes()); // All of it lies beside what is unpacked of it.
        }
        Optional<TarScratch.Noted> noted = TarScratch.noted(folder, facts.bytes())
                .filter(seen -> facts.ranges() && seen.etag().equals(facts.etag()) && facts.isKnownAgain(tar.digest()));
        if (noted.isPresent()) {
            try {
                return unpacked(facts, noted.get());
            } catch (TarStream.DamagedException another) {
                listener.remark("what had come of " + tar.path()
                        + " is not any more what it was: it is thrown away, and all of it comes again");
            }
        }
        return unpacked(facts, null);
    }

    /** Asks a disk for room. */
    @FunctionalInterface
    interface Room {
        void require(long bytes);
    }

    private Unpacked unpacked(Facts facts, TarScratch.@Nullable Noted noted) throws IOException, InterruptedException {
        try (TarScratch scratch = new TarScratch(folder)) {
            scratch.open(noted);
            try {
                return unpacked(facts, noted, scratch);
            } catch (HubException refused) {
                if (refused.kind() == Kind.WRONG || !facts.ranges()) { // Else the next pull goes on.
                    scratch.remove();
                }
                throw refused;
            } catch (InterruptedIOException ended) {
                throw (InterruptedException) new InterruptedException("the pull was ended").initCause(ended);
            }
        }
    }

    private Unpacked unpacked(Facts facts, TarScratch.@Nullable Noted noted, TarScratch scratch)
            throws IOException, InterruptedException {
        try (TarStream in = new Told(
                noted == null ? null : scratch.replay(noted), noted, coming(facts, noted, scratch), facts.bytes())) {
            Unpacked unpacked;
            try {
                unpacked = new TarUnpacking(
                                in,
                                scratch,
                                new TarUnpacking.Notes(
                                        facts.bytes(),
                                        facts.etag(),
                                        facts.ranges() ? config.segment() : Long.MAX_VALUE),
                                tar.path())
                        .run();
            } catch (HubException wrong) {
                if (in.isReplaying()) { // It was right when it came.
                    throw (TarStream.DamagedException) new TarStream.DamagedException().initCause(wrong);
                }
                throw wrong;
            }
            Digest wanted = tar.digest();
            if (wanted != null && !wanted.hex().equals(in.sum())) {
                throw new HubException(
                        Kind.WRONG,
                        tar.path() + " from " + ranges.host() + " is damaged or another file: SHA-256 is " + in.sum()
                                + ", and should be " + wanted.hex());
            }
            return unpacked;
        }
    }

    /** In parts where the server gives parts; else all of it first. */
    private InputStream coming(Facts facts, TarScratch.@Nullable Noted noted, TarScratch scratch)
            throws IOException, InterruptedException {
        if (facts.ranges()) {
            return new RangeStream(ranges, facts, noted == null ? 0 : noted.offset(), scratch.segments(), config);
        }
        Path whole = scratch.segments().resolve("whole");
        new Download(tar, ranges, whole, config, listener).run();
        return Files.newInputStream(whole);
    }

    /** Tells how much was read. */
    private final class Told extends TarStream {
        Told(@Nullable InputStream replay, TarScratch.@Nullable Noted noted, InputStream coming, long bytes) {
            super(replay, noted, coming, bytes);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = super.read(bytes, offset, length);
            if (isReplayed()) {
                listener.checking(tar, position());
            } else {
                listener.at(tar, position());
            }
            return read;
        }
    }
}
