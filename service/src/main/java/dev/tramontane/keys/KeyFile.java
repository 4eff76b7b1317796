package dev.tramontane.keys;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file of keys: a line for each, {@code NAME sha256:HASH [requests=N] [tokens=N] [streams=N] [share=P%] [operator]}; empty
 * lines and those that begin with # say nothing. A name may stand on several lines while one key replaces another: its limits
 * are then one, and must be the same on each. Whatever is not understood refuses the whole file. Any thread.
 */
public final class KeyFile {
    static final String HASH_PREFIX = "sha256:";
    static final String REQUESTS = "requests";
    static final String TOKENS = "tokens";
    static final String STREAMS = "streams";
    static final String SHARE = "share";

    /** The holder may change what the server serves. */
    static final String OPERATOR = "operator";

    /** Each key presented is compared with all. */
    static final int MOST_KEYS = 1000;

    /** The longest of limits, in requests or tokens a minute. */
    public static final long MOST = 1_000_000_000_000L;

    /** The most answers at a time that a limit can say. */
    public static final int MOST_STREAMS = 1_000_000;

    private static final long MOST_BYTES = 1 << 20;

    /** A label of metrics, and a word of log lines. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    private static final Pattern HASH = Pattern.compile(HASH_PREFIX + "[0-9a-f]{64}");
    private static final Pattern LIMIT = Pattern.compile("(?<name>[a-z]+)=(?<number>[1-9][0-9]{0,12})(?<unit>%?)");

    private KeyFile() {}

    /** Whether a key may be called so. By its own characters it may not: names are shown. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches() && !name.startsWith(SecretKey.PREFIX);
    }

    /**
     * Reads the whole file.
     *
     * @throws KeyFileException when it cannot be read, when a line means nothing, or when there is no key in it: half a file
     *     must not lock everybody out
     */
    public static List<KeyEntry> read(Path file) {
        byte[] bytes;
        try {
            if (!Files.isRegularFile(file)) {
                throw new KeyFileException(file + (Files.exists(file) ? " is not a regular file" : " does not exist"));
            }
            if (Files.size(file) > MOST_BYTES) {
                throw new KeyFileException(file + " is larger than 1 MiB, which no file of keys is");
            }
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException gone) {
            throw new KeyFileException(file + " does not exist", gone);
        } catch (IOException unreadable) {
            throw new KeyFileException(
                    file + " cannot be read: " + unreadable.getClass().getSimpleName(), unreadable);
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return parse(text, file.toString());
        } catch (CharacterCodingException malformed) {
            throw new KeyFileException(file + " is not UTF-8 text", malformed);
        }
    }

    /**
     * Whether a text would be taken as such a file.
     *
     * @param name of the file, for messages
     */
    public static void check(String text, String name) {
        parse(text, name);
    }

    /** @param name of the file, for messages */
    static List<KeyEntry> parse(String text, String name) {
        List<KeyEntry> entries = new ArrayList<>();
        Map<String, KeyLimits> limits = new HashMap<>();
        Set<String> hashes = new HashSet<>();
        int number = 0;
        for (String line : text.split("\r?\n", -1)) {
            number++;
            String stripped = line.strip();
            if (stripped.isEmpty() || stripped.startsWith("#")) {
                continue;
            }
            String where = name + ", line " + number + ": ";
            KeyEntry entry = entry(stripped.split("[ \\t]+"), where);
            if (!hashes.add(HexFormat.of().formatHex(entry.hash()))) {
                throw new KeyFileException(where + "this key is there twice");
            }
            KeyLimits before = limits.putIfAbsent(entry.name(), entry.limits());
            if (before != null && !before.equals(entry.limits())) {
                throw new KeyFileException(where + "the limits of '" + entry.name()
                        + "' are others than on its line before; they, and whether it is an operator's, count for all its"
                        + " keys together");
            }
            entries.add(entry);
        }
        if (entries.isEmpty()) {
            throw new KeyFileException(name + " has no key; 'tramontane key NAME' makes one and its line");
        }
        if (entries.size() > MOST_KEYS) {
            throw new KeyFileException(name + " has " + entries.size() + " keys; there may be " + MOST_KEYS);
        }
        return entries;
    }

    private static KeyEntry entry(String[] words, String where) {
        if (!isName(words[0])) {
            throw new KeyFileException(where + "a line begins with a name: 1 to 64 letters, digits, '.', '_' and '-'");
        }
        if (words.length < 2 || !HASH.matcher(words[1]).matches()) {
            throw new KeyFileException(
                    where + "after the name comes " + HASH_PREFIX
                            + " and 64 digits of 0-9 and a-f, as 'tramontane key' prints them; a key itself does not belong here");
        }
        Map<String, Long> limits = new HashMap<>();
        boolean operator = false;
        for (int i = 2; i < words.length; i++) {
            if (!words[i].equals(OPERATOR)) {
                limit(words[i], limits, where);
            } else if (operator) {
                throw new KeyFileException(where + OPERATOR + " is there twice");
            } else {
                operator = true;
            }
        }
        return new KeyEntry(
                words[0],
                HexFormat.of().parseHex(words[1].substring(HASH_PREFIX.length())),
                new KeyLimits(
                        limits.getOrDefault(REQUESTS, 0L),
                        limits.getOrDefault(TOKENS, 0L),
                        limits.getOrDefault(STREAMS, 0L).intValue(),
                        limits.getOrDefault(SHARE, 0L).intValue(),
                        operator));
    }

    private static void limit(String word, Map<String, Long> limits, String where) {
        Matcher matcher = LIMIT.matcher(word);
        String rule = "limits are " + REQUESTS + "=N and " + TOKENS + "=N a minute, " + STREAMS + "=N at a time and "
                + SHARE + "=P% of the server, in digits without a leading zero; " + OPERATOR
                + " says that it may change what is served";
        if (!matcher.matches()) {
            throw new KeyFileException(where + rule);
        }
        String name = matcher.group("name");
        long number = Long.parseLong(matcher.group("number"));
        long most = switch (name) {
            case REQUESTS, TOKENS -> MOST;
            case STREAMS -> MOST_STREAMS;
            case SHARE -> 100;
            default -> throw new KeyFileException(where + rule);
        };
        if (number > most || matcher.group("unit").isEmpty() == name.equals(SHARE)) {
            throw new KeyFileException(where + name + " is 1 to " + most + (name.equals(SHARE) ? ", with a %" : ""));
        }
        if (limits.put(name, number) != null) {
            throw new KeyFileException(where + name + " is there twice");
        }
    }
}
