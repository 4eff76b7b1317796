package dev.tramontane.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A zip file that is being unpacked, on the disk: each member in a file of its own, and a note with a line for the zip file's sum
 * and one for that of each member that is whole. One thread.
 */
final class ZipScratch implements AutoCloseable {
    private static final String NOTE = "note";

    /** A SHA-256 in hexadecimal digits, and the end of the line. */
    private static final int LINE = 65;

    private final Path folder;
    private @Nullable FileChannel note;

    ZipScratch(Path folder) {
        this.folder = folder;
    }

    /** Where what is under way of a zip file lies. */
    static Path folder(Path partial, PullPlan.PlannedFile zip) {
        return partial.resolve(zip.key() + ".zip");
    }

    /**
     * Takes away what nothing goes on from: a member that is not whole, or all of it.
     *
     * @return bytes of the members that stay
     */
    static long tidied(Path folder) throws IOException {
        int members = lines(folder).size() - 1;
        if (members < 1) {
            Folders.remove(folder);
            return 0;
        }
        Folders.remove(Unpacked.member(folder, members));
        long bytes = 0;
        for (int i = 0; i < members; i++) {
            Path member = Unpacked.member(folder, i);
            bytes += Files.isRegularFile(member) ? Files.size(member) : 0;
        }
        return bytes;
    }

    /** Up to the first that is none: a process may have been killed within it. */
    private static List<String> lines(Path folder) throws IOException {
        byte[] bytes = Folders.small(folder.resolve(NOTE), LINE * (MemberNames.MOST + 1))
                .orElse(new byte[0]);
        List<String> lines = new ArrayList<>();
        for (int at = 0; at + LINE <= bytes.length; at += LINE) {
            String line = new String(bytes, at, LINE - 1, StandardCharsets.US_ASCII);
            if (!Digest.isSha256(line) || bytes[at + LINE - 1] != '\n') {
                break;
            }
            lines.add(line);
        }
        return lines;
    }

    /**
     * Makes it ready to go on, or to begin anew where it is of another zip file.
     *
     * @param sum the zip file's SHA-256
     * @return what was noted of its members, in their order
     */
    List<String> open(String sum) throws IOException {
        List<String> lines = lines(folder);
        if (lines.isEmpty() || !lines.getFirst().equals(sum)) {
            Folders.remove(folder);
            lines = List.of(sum);
        }
        Files.createDirectories(folder);
        note = FileChannel.open(folder.resolve(NOTE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (lines.size() == 1) {
            add(sum);
        }
        return lines.subList(1, lines.size());
    }

    Path folder() {
        return folder;
    }

    /** So many members are whole, and what was noted besides counts for nothing. */
    void keep(int members) throws IOException {
        opened().truncate((long) LINE * (members + 1));
        opened().position((long) LINE * (members + 1));
    }

    /** Notes that the next member is whole, and on the disk already. */
    void add(String sum) throws IOException {
        ByteBuffer line = ByteBuffer.wrap((sum + "\n").getBytes(StandardCharsets.US_ASCII));
        while (line.hasRemaining()) {
            opened().write(line);
        }
    }

    private FileChannel opened() {
        FileChannel file = note;
        if (file == null) {
            throw new IllegalStateException("not opened");
        }
        return file;
    }

    @Override
    public void close() throws IOException {
        if (note != null) {
            note.close();
        }
    }
}
