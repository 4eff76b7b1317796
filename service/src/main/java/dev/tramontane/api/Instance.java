package dev.tramontane.api;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which of several servers this one is. Ids that it makes begin with its mark, so that another one knows them for what they
 * are: not unknown, but elsewhere (docs/adr/0044). A server that stands alone has no mark, and knows of no other. Any thread.
 *
 * @param mark {@value #LENGTH} characters; empty for one that stands alone
 */
public record Instance(String mark) {
    /** Says on an answer who gave it, and on the error {@value #ELSEWHERE} who should be asked. */
    public static final String HEADER = "X-Tramontane-Instance";

    /** The error's code. */
    public static final String ELSEWHERE = "response_elsewhere";

    /** Of a mark. */
    public static final int LENGTH = 8;

    /** What is asked of a name, in words. */
    public static final String NAME_RULE = "1 to 253 letters, digits or any of ._-";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,253}");
    private static final Pattern MARK = Pattern.compile("[0-9a-f]{" + LENGTH + "}|");

    /** The forms of marked ids: others were made by nobody, or by a server that stood alone. */
    private static final Pattern RESPONSE = Pattern.compile("resp_([0-9a-f]{" + LENGTH + "})[0-9a-f]{40}");

    private static final Pattern COMPLETION =
            Pattern.compile("(?:chat)?cmpl-([0-9a-f]{" + LENGTH + "})[0-9A-Za-z]{29}");

    /** One that knows of no other. Below the rule that a mark is held against, which must be there first. */
    public static final Instance ALONE = new Instance("");

    public Instance {
        if (!MARK.matcher(mark).matches()) {
            throw new IllegalArgumentException("a mark has " + LENGTH + " hexadecimal digits, got " + mark);
        }
    }

    /** Whether a server may be called so. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /** The server of this name: its mark is the beginning of the name's SHA-256, so that it is as long for every name. */
    public static Instance named(String name) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            return new Instance(HexFormat.of().formatHex(digest, 0, LENGTH / 2));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }

    /** Whether it is one of several. */
    public boolean isMarked() {
        return !mark.isEmpty();
    }

    /**
     * The error for an id that is not kept here but was made by another server; empty for one of this server's own, and for
     * one without a mark.
     *
     * @param id of a response, a chat or a completion
     * @param param the request's field that names it, if one does
     */
    public Optional<ApiException> elsewhere(String id, String param) {
        if (!isMarked()) {
            return Optional.empty();
        }
        return maker(id)
                .filter(other -> !other.equals(mark))
                .map(other -> ApiException.misdirected(
                        "'" + id + "' is of the server " + other + ", and this is " + mark
                                + ": send the request there, by the session header or cookie that came with the answer, or"
                                + " again by a new connection until its " + HEADER + " is " + other
                                + "; where that server is gone, the answer is gone with it",
                        param,
                        other));
    }

    private static Optional<String> maker(String id) {
        for (Pattern form : new Pattern[] {RESPONSE, COMPLETION}) {
            Matcher marked = form.matcher(id);
            if (marked.matches()) {
                return Optional.of(marked.group(1));
            }
        }
        return Optional.empty();
    }
}
