package dev.tramontane.api.page;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The page's files as they are served. {@code index.html} is the list of them: what it names below {@code page/} is read, and
 * served at an address that has a hash of all of them in it. So a browser keeps them for good, a new release has new
 * addresses, and no file of one release ever runs beside another's; the page says of each what its hash must be.
 *
 * @param index the page itself
 * @param others the rest by their paths
 */
record PageFiles(PageFile index, Map<String, PageFile> others) {

    /** Where all but the page itself are. */
    static final String ROOT = "/page/";

    private static final Pattern NAMED = Pattern.compile("(href|src)=\"page/([a-z/.-]+)\"");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");

    /**
     * One file.
     *
     * @param bytes what is in it
     * @param type its media type
     * @param etag its hash, quoted as HTTP wants it
     */
    record PageFile(Buffer bytes, String type, String etag) {}

    /** Reads them from the jar. Not on the event loop. */
    static PageFiles read() {
        String html = new String(bytes("index.html"), StandardCharsets.UTF_8);
        Map<String, byte[]> named = new TreeMap<>();
        NAMED.matcher(html).results().map(match -> match.group(2)).forEach(name -> named.put(name, bytes(name)));
        MessageDigest all = sha256();
        named.forEach((name, content) -> {
            all.update((name + '\0').getBytes(StandardCharsets.UTF_8));
            all.update(sha256().digest(content));
        });
        String folder = ROOT + HexFormat.of().formatHex(all.digest(), 0, 8) + '/';
        Map<String, PageFile> others = new TreeMap<>();
        named.forEach((name, content) -> others.put(folder + name, file(name, content)));
        String index = NAMED.matcher(html).replaceAll(match -> address(match, folder, named));
        return new PageFiles(file("index.html", index.getBytes(StandardCharsets.UTF_8)), others);
    }

    /** Scripts and style sheets are checked by the browser; for other links integrity means nothing. */
    private static String address(MatchResult match, String folder, Map<String, byte[]> named) {
        String name = match.group(2);
        String at = match.group(1) + "=\"" + folder + name + '"';
        return name.endsWith(".svg")
                ? at
                : at + " integrity=\"sha256-" + Base64.getEncoder().encodeToString(sha256().digest(named.get(name)))
                        + '"';
    }

    private static PageFile file(String name, byte[] content) {
        String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
        if (type == null) {
            throw new IllegalStateException("web/" + name + " has no known content type");
        }
        String etag = '"' + HexFormat.of().formatHex(sha256().digest(content), 0, 12) + '"';
        return new PageFile(Buffer.buffer(content), type, etag);
    }

    private static byte[] bytes(String name) {
        try (InputStream in = PageFiles.class.getResourceAsStream("/web/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks web/" + name + "; build it again");
            }
            return in.readAllBytes();
        } catch (IOException failed) {
            throw new UncheckedIOException("web/" + name + " could not be read from the jar", failed);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
