package dev.tramontane.hub;

import dev.tramontane.hub.PullPlan.PlannedFile;
import dev.tramontane.hub.StoredModel.StoredFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Unpacks a zip file that has come and was checked, from where another process left off: members that are whole are compared with
 * the sums that were noted of them, and not unpacked again. Its owner has the store's lock.
 */
final class ZipPull {
    private final PlannedFile zip;
    private final Path file;
    private final Path folder;
    private final PullListener listener;

    /**
     * @param file where it lies
     * @param folder of what is unpacked of it, {@link ZipScratch#folder} of the same file
     */
    ZipPull(PlannedFile zip, Path file, Path folder, PullListener listener) {
        this.zip = zip;
        this.file = file;
        this.folder = folder;
        this.listener = listener;
    }

    /**
     * Blocks until all is unpacked.
     *
     * @param sum its SHA-256
     * @param room asks the disk for so many bytes more than are there
     * @return its files, members of the folder
     * @throws HubException when it cannot be what it seems, or is no model, or there is no room
     */
    Unpacked run(String sum, TarPull.Room room) throws IOException {
        try (FileChannel in = FileChannel.open(file);
                ZipScratch scratch = new ZipScratch(folder)) {
            ZipUnpacking unpacking = new ZipUnpacking(in, zip.path());
            List<StoredFile> whole = whole(scratch.open(sum), unpacking.members());
            scratch.keep(whole.size());
            room.require(unpacking.bytes()
                    - whole.stream().mapToLong(StoredFile::bytes).sum());
            return unpacking.into(scratch, whole, read -> listener.checking(zip, read));
        }
    }

    /** The first members, up to one that is not what was noted of it. */
    private List<StoredFile> whole(List<String> sums, List<ZipMember> members) throws IOException {
        List<StoredFile> whole = new ArrayList<>();
        for (int i = 0; i < Math.min(sums.size(), members.size()); i++) {
            ZipMember member = members.get(i);
            Path here = Unpacked.member(folder, i);
            if (!Folders.has(here, member.bytes()) || !is(here, sums.get(i), member)) {
                listener.remark(
                        "what was unpacked of " + zip.path() + " is not any more what it was: it is unpacked again");
                for (int other = i; other < sums.size(); other++) {
                    Files.deleteIfExists(Unpacked.member(folder, other)); // Room for it is asked for again, too.
                }
                break;
            }
            whole.add(new StoredFile(member.path(), member.bytes(), sums.get(i)));
        }
        return whole;
    }

    private boolean is(Path here, String sum, ZipMember member) throws IOException {
        try {
            CheckedFile.sum(here, new Digest(Digest.Kind.SHA_256, sum), member.path(), done -> {});
        } catch (HubException another) {
            return false;
        }
        listener.checking(zip, member.header() + member.packed());
        return true;
    }
}
