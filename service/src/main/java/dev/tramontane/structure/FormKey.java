package dev.tramontane.structure;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What tells forms apart: a digest of their kind and of all they say, lengths before texts, so that no two read alike. */
final class FormKey {
    private final MessageDigest digest;

    private FormKey() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }

    /** @throws StructureException for more characters than are read, before any work is spent on them */
    static String of(Form form, StructureLimits limits) {
        FormKey key = new FormKey();
        switch (form) {
            case Form.Choice choice -> {
                Structure.checkLength(
                        choice.choices().stream().mapToLong(String::length).sum(), limits);
                key.add("choice");
                choice.choices().forEach(key::add);
            }
            case Form.Regex regex -> {
                Structure.checkLength(regex.pattern().length(), limits);
                key.add("regex");
                key.add(regex.pattern());
            }
        }
        return HexFormat.of().formatHex(key.digest.digest());
    }

    private void add(String text) {
        byte[] units = text.getBytes(StandardCharsets.UTF_16BE);
        digest.update((units.length + ":").getBytes(StandardCharsets.UTF_8));
        digest.update(units);
    }
}
