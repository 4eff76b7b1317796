package dev.tramontane.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The library as it lies in the jar: its resource, file name, and SHA-256 as the build wrote it.
 *
 * @param resource the library's bytes
 * @param name file name
 * @param sha256 64 lower-case hexadecimal digits
 */
record BundledLibrary(URL resource, String name, String sha256) {

    /** The one for this platform. */
    static BundledLibrary of(Platform platform) {
        String name = platform.libraryName();
        String path = platform.directory() + "/" + name;
        URL library = BundledLibrary.class.getResource(path);
        if (library == null) {
            throw new KernelException("Tramontane has no kernel library for " + platform.directory()
                    + "; build one with CMake (kernels-native/native) and give its path");
        }
        try (InputStream sum = BundledLibrary.class.getResourceAsStream(path + ".sha256")) {
            if (sum == null) {
                throw new KernelException("the bundle lacks " + path + ".sha256; build it again");
            }
            String line = new String(sum.readNBytes(256), StandardCharsets.US_ASCII);
            String hash = line.strip().split("\\s", 2)[0];
            if (!hash.matches("[0-9a-f]{64}")) {
                throw new KernelException(path + ".sha256 in the bundle holds no SHA-256; build it again");
            }
            return new BundledLibrary(library, name, hash);
        } catch (IOException unreadable) {
            throw new KernelException("cannot read " + path + ".sha256 in the bundle", unreadable);
        }
    }

    /** The library's bytes, checked against its hash. */
    byte[] bytes() {
        try (InputStream in = resource.openStream()) {
            byte[] bytes = in.readAllBytes();
            String found = hex(digest().digest(bytes));
            if (!found.equals(sha256)) {
                throw new KernelException("the bundled kernel library is damaged: its SHA-256 is " + found
                        + ", expected " + sha256 + "; get or build the program again");
            }
            return bytes;
        } catch (IOException unreadable) {
            throw new KernelException("cannot read the bundled kernel library " + resource, unreadable);
        }
    }

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }

    static String hex(byte[] digest) {
        return HexFormat.of().formatHex(digest);
    }
}
