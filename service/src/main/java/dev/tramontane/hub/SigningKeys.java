package dev.tramontane.hub;

import dev.tramontane.files.SharedDirectory;
import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.weights.IoReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Where the key lies by which registries know the user: one that he has named, which is read and never written, or one of this
 * program's own, made when it is first needed, for its owner alone. Any thread, several processes.
 *
 * @param given the user's; empty for the program's own
 * @param own the folder of the program's own; empty where there is no place for it
 */
public record SigningKeys(Optional<Path> given, Optional<Path> own) {
    /** The file, named as OpenSSH's and Ollama's are. */
    private static final String FILE = "id_ed25519";

    /** Of nobody. */
    public static final SigningKeys NONE = new SigningKeys(Optional.empty(), Optional.empty());

    /** The key, if there is one already. */
    Optional<SigningKey> find() {
        if (given.isPresent()) {
            return Optional.of(read(given.get()));
        }
        return own.map(folder -> folder.resolve(FILE)).filter(Files::exists).map(SigningKeys::read);
    }

    /** The key, made where there is none; empty where there is no place for one. */
    Optional<SigningKey> findOrMake() throws InterruptedException {
        Optional<SigningKey> there = find();
        if (there.isPresent() || own.isEmpty()) {
            return there;
        }
        Path folder = own.get();
        try {
            SharedDirectory directory = new SharedDirectory(folder);
            try (StoreLock lock = StoreLock.acquire(folder.resolve(".lock"), () -> {})) {
                Objects.requireNonNull(lock, "held until the block ends");
                there = find();
                if (there.isPresent()) { // Another process was faster.
                    return there;
                }
                SigningKey made = SigningKey.make();
                write(directory, FILE + ".pub", made.publicLine() + "\n");
                write(directory, FILE, made.text());
                return Optional.of(made);
            }
        } catch (IOException failure) {
            throw new HubException(
                    Kind.STORE,
                    "no key can be kept in " + folder + ": " + IoReason.of(Ended.unlessInterrupted(failure)),
                    failure);
        }
    }

    private static void write(SharedDirectory directory, String name, String text) throws IOException {
        directory.write(directory.path(name), ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    }

    /** What to do where a registry does not know the key, or there is none. */
    String advice() {
        if (given.isPresent()) {
            return "the key " + given.get() + " is not known there, or may not read it: enter its public half where"
                    + " your keys are (ollama.com/settings/keys): "
                    + find().orElseThrow().publicLine();
        }
        return find().map(
                        key -> "it is private, or there is no such model. Enter this key where your keys are"
                                + " (ollama.com/settings/keys): " + key.publicLine()
                                + " or say --ollama-key ~/.ollama/id_ed25519, which is Ollama's, and known there if Ollama may have it")
                .orElse(
                        "it is private, or there is no such model. Pull it with Ollama, whose cache is read where it lies");
    }

    private static SigningKey read(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new HubException(Kind.INVALID, "the key " + file + " is not there, or is no file");
            }
            requireOwn(file);
            byte[] bytes = Folders.small(file, SigningKey.MOST).orElse(new byte[0]);
            return SigningKey.read(new String(bytes, StandardCharsets.US_ASCII), file.toString());
        } catch (IOException unreadable) {
            throw new HubException(
                    Kind.INVALID, "the key " + file + " cannot be read: " + IoReason.of(unreadable), unreadable);
        }
    }

    /** As OpenSSH asks of its own. */
    private static void requireOwn(Path file) throws IOException {
        if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return;
        }
        Set<PosixFilePermission> others = EnumSet.complementOf(EnumSet.of(
                PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE));
        others.retainAll(Files.getPosixFilePermissions(file));
        if (!others.isEmpty()) {
            throw new HubException(
                    Kind.INVALID, "the key " + file + " is open to others: chmod 600 makes it yours alone");
        }
    }
}
