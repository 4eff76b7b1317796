package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.StoredModel.StoredFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * A tar file's members as files of a directory, under numbers: names that others gave are no paths here.
 *
 * @param entry what to open of the model; empty for the directory
 * @param files in the order of their numbers, from 0
 */
record TarUnpacking(String entry, List<StoredFile> files) {
    private static final Set<String> CONFIGS = Set.of("params.json", "config.json");

    /**
     * Unpacks as it comes.
     *
     * @param into an empty directory
     * @param most bytes that all members may have together
     * @param what the tar file is called in messages
     */
    static TarUnpacking of(InputStream in, Path into, long most, String what) throws IOException {
        TarReader reader = new TarReader(in, what);
        List<StoredFile> files = new ArrayList<>();
        long left = most;
        for (TarReader.Member member = reader.next(); member != null; member = reader.next()) {
            if (member.directory()) {
                continue;
            }
            left -= member.bytes();
            if (left < 0) {
                throw new HubException(Kind.WRONG, "the tar file " + what + " has more in it than its own length");
            }
            MessageDigest sum = Digest.start(Digest.Kind.SHA_256, member.bytes());
            try (FileChannel channel = FileChannel.open(
                            file(into, files.size()), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                    OutputStream out = new DigestOutputStream(Channels.newOutputStream(channel), sum)) {
                reader.copy(out);
                out.flush();
                channel.force(true); // The record that will name it must not outlive a crash that it does not.
            }
            files.add(
                    new StoredFile(member.path(), member.bytes(), HexFormat.of().formatHex(sum.digest())));
        }
        List<StoredFile> shorter = withoutTop(files);
        return new TarUnpacking(entry(shorter, what), shorter);
    }

    /** Where a member's bytes are. */
    static Path file(Path into, int number) {
        return into.resolve("member-" + number);
    }

    /** A folder in which everything lies is none of the model's. */
    private static List<StoredFile> withoutTop(List<StoredFile> files) {
        if (files.isEmpty()) {
            return files;
        }
        String first = files.getFirst().path();
        String top = first.substring(0, first.indexOf('/') + 1);
        if (top.isEmpty() || !files.stream().allMatch(file -> file.path().startsWith(top))) {
            return files;
        }
        return files.stream()
                .map(file -> new StoredFile(file.path().substring(top.length()), file.bytes(), file.sha256()))
                .toList();
    }

    private static String entry(List<StoredFile> files, String what) {
        if (files.stream().anyMatch(file -> CONFIGS.contains(file.path()))) {
            return "";
        }
        return files.stream()
                .map(StoredFile::path)
                .filter(path -> path.endsWith(".gguf"))
                .min(String::compareTo)
                .orElseThrow(() -> new HubException(
                        Kind.WRONG,
                        "the tar file " + what
                                + " holds no model: neither params.json nor config.json nor a GGUF file"));
    }
}
