package dev.tramontane.hub;

import dev.tramontane.json.Printable;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Names of an archive's members: each leads downwards, is another one than all before it on every file system, and is a file or
 * a directory and not both. One thread.
 */
final class MemberNames {
    /** Of an archive. */
    static final int MOST = 10_000;

    private final Function<String, HubException> refusal;

    /** As file systems compare them that take no notice of cases, with the names as they are. */
    private final Map<String, String> files = new HashMap<>();

    private final Set<String> directories = new HashSet<>();

    /** @param refusal makes an exception of what is wrong, in words that go on after the archive's name */
    MemberNames(Function<String, HubException> refusal) {
        this.refusal = refusal;
    }

    /**
     * Takes the next name.
     *
     * @param name as the archive says it
     * @return the path from the top, without a slash at its end; empty for the top itself
     */
    String add(String name, boolean directory) {
        String path = name.startsWith("./") ? name.substring(2) : name;
        path = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        if (directory && (path.isEmpty() || path.equals("."))) {
            return "";
        }
        if (!SafePath.isSafe(path)) {
            throw refusal.apply("has a member " + shown(name) + ", whose path leads elsewhere than down");
        }
        String folded = folded(path);
        if (directory) {
            directories.add(folded);
        } else {
            addFile(name, path, folded);
        }
        for (int slash = folded.indexOf('/'); slash >= 0; slash = folded.indexOf('/', slash + 1)) {
            directories.add(folded.substring(0, slash));
            requireNoFile(name, folded.substring(0, slash));
        }
        requireNoFile(name, directory ? folded : "");
        return path;
    }

    /**
     * As disks that know no cases compare names: small letters of capitals of small letters, for a capital sharp s, a long s and
     * the like reach the letters that they are equal to only so.
     */
    private static String folded(String path) {
        String capitals = Normalizer.normalize(path, Normalizer.Form.NFD)
                .toLowerCase(Locale.ROOT)
                .toUpperCase(Locale.ROOT);
        return Normalizer.normalize(capitals.toLowerCase(Locale.ROOT), Normalizer.Form.NFC);
    }

    private void addFile(String name, String path, String folded) {
        String before = files.putIfAbsent(folded, path);
        if (before != null && before.equals(path)) {
            throw refusal.apply("has " + shown(name) + " twice");
        }
        if (before != null) {
            throw refusal.apply("has " + shown(before) + " and " + shown(name)
                    + ", which are one file on disks that know no cases");
        }
        if (files.size() > MOST) {
            throw refusal.apply("has more than " + MOST + " members");
        }
        if (directories.contains(folded)) {
            throw both(name);
        }
    }

    private void requireNoFile(String name, String directory) {
        if (files.containsKey(directory)) {
            throw both(name);
        }
    }

    private HubException both(String name) {
        return refusal.apply("has " + shown(name) + ", where a file and a directory have one name");
    }

    /** A name in a message. */
    static String shown(String name) {
        return "\"" + Printable.of(name, 80) + "\"";
    }
}
