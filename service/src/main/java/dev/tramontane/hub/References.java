package dev.tramontane.hub;

import dev.tramontane.hub.Reference.HuggingFace;
import dev.tramontane.hub.Reference.Local;
import dev.tramontane.hub.Reference.Ollama;
import dev.tramontane.hub.Reference.Web;
import dev.tramontane.json.Printable;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads names of models. Nothing that a name says becomes part of a path of ours as it is, and none of it can climb. */
public final class References {
    private static final int MOST = 1024;

    /** A part of a name of Ollama's. It begins with no dot, so it is no way up. */
    private static final String PART = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}";

    private static final String OLLAMAS_OWN = Endpoint.host(HubConfig.OLLAMA_REGISTRY);
    private static final String HOST = "[A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::[0-9]{1,5})?";
    private static final Pattern OLLAMA =
            Pattern.compile("(?:(?:(" + HOST + ")/)?(" + PART + ")/)?(" + PART + ")(?::(" + PART + "))?");
    private static final Pattern OWNER = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,95}");
    private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._/-]{0,254}");
    private static final Pattern VARIANT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,39}");
    private static final Pattern SUM = Pattern.compile("sha256=([0-9a-fA-F]{64})");
    private static final List<String> SCHEMES = List.of("hf", "https", "http", "file");
    private static final List<String> MODEL_ENDINGS = List.of(".gguf", ".safetensors", ".bin", ".pth", ".json");

    private References() {}

    /**
     * Whether a text can mean a path only: it begins or ends as paths do, or ends as files of models do. Any other text is a
     * path where something lies there, and else a name.
     */
    public static boolean isPath(String text) {
        String small = text.toLowerCase(Locale.ROOT);
        return !hasScheme(small)
                && (text.startsWith("/")
                        || text.startsWith(".")
                        || text.startsWith("~")
                        || text.endsWith("/")
                        || text.contains("\\")
                        || MODEL_ENDINGS.stream().anyMatch(small::endsWith));
    }

    private static boolean hasScheme(String small) {
        return SCHEMES.stream().anyMatch(scheme -> small.startsWith(scheme + ":"));
    }

    /** @throws HubException when it is no name, with what one looks like */
    public static Reference parse(String text) {
        if (text.isEmpty() || text.length() > MOST || text.chars().anyMatch(c -> c <= ' ' || c == 0x7f)) {
            throw invalid(text, "is no name of a model");
        }
        String small = text.toLowerCase(Locale.ROOT);
        if (small.startsWith("hf:")) {
            return huggingFace(text, text.substring(3));
        }
        if (small.startsWith("https:") || small.startsWith("http:")) {
            return web(text);
        }
        return small.startsWith("file:") ? local(text, text.substring(5)) : ollama(text);
    }

    private static Reference ollama(String text) {
        Matcher parts = OLLAMA.matcher(text);
        if (!parts.matches()) {
            throw invalid(text, "is no name of a model");
        }
        if (SCHEMES.contains(parts.group(3).toLowerCase(Locale.ROOT))) {
            throw invalid(text, "is no name of a model");
        }
        String named = parts.group(1) == null ? "" : parts.group(1).toLowerCase(Locale.ROOT);
        String host = named.equals(OLLAMAS_OWN)
                ? ""
                : named; // Names without a host are its own, and a mirror's stand for them.
        if (!host.isEmpty() && !Endpoint.isReachable(URI.create("https://" + host))) {
            throw invalid(text, "names a host that can be none");
        }
        return new Ollama(
                host,
                parts.group(2) == null ? Ollama.LIBRARY : parts.group(2),
                parts.group(3),
                parts.group(4) == null ? Ollama.LATEST : parts.group(4));
    }

    private static Reference huggingFace(String text, String rest) {
        int at = rest.lastIndexOf('@');
        String revision = at < 0 ? HuggingFace.MAIN : rest.substring(at + 1);
        String path = at < 0 ? rest : rest.substring(0, at);
        int colon = path.lastIndexOf(':');
        String variant = colon < 0 ? "" : path.substring(colon + 1);
        String[] parts = (colon < 0 ? path : path.substring(0, colon)).split("/", 3);
        boolean climbs = revision.contains("..") || !SafePath.isSafe(revision);
        if (parts.length < 2 || !isRepository(parts[0]) || !isRepository(parts[1])) {
            throw invalid(text, "names no repository; one is hf:OWNER/REPOSITORY");
        }
        if (climbs || !REVISION.matcher(revision).matches()) {
            throw invalid(text, "has no revision behind its @");
        }
        if (colon >= 0 && (parts.length == 3 || !VARIANT.matcher(variant).matches())) {
            throw invalid(text, "has no quantisation behind its colon");
        }
        if (parts.length == 3 && !(SafePath.isSafe(parts[2]) && parts[2].endsWith(".gguf"))) {
            throw invalid(text, "names a file that is no GGUF file");
        }
        return new HuggingFace(parts[0], parts[1], parts.length == 3 ? parts[2] : "", variant, revision);
    }

    private static boolean isRepository(String part) {
        return OWNER.matcher(part).matches() && !part.contains("..") && !part.contains("--");
    }

    private static Reference web(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException malformed) {
            throw new HubException(HubException.Kind.INVALID, shown(text) + " is no URL", malformed);
        }
        String sum = uri.getRawFragment() == null ? "" : uri.getRawFragment();
        Matcher digest = SUM.matcher(sum);
        if (!Endpoint.isReachable(uri) || uri.getRawUserInfo() != null || uri.getPath() == null) {
            throw invalid(text, "is no URL with a host and without a user");
        }
        if (!sum.isEmpty() && !digest.matches()) {
            throw invalid(text, "has something else than #sha256= and 64 hexadecimal digits at its end");
        }
        boolean secure = "https".equalsIgnoreCase(uri.getScheme());
        if (!secure && sum.isEmpty() && !isThisMachine(uri.getHost())) {
            throw invalid(
                    text,
                    "would come in plain http, where anybody on the way can change it: take https, or say"
                            + " #sha256= and the file's sum behind it");
        }
        String address = text.contains("#") ? text.substring(0, text.indexOf('#')) : text;
        Web web = new Web(
                URI.create(address), sum.isEmpty() ? "" : digest.group(1).toLowerCase(Locale.ROOT));
        String name = web.fileName().toLowerCase(Locale.ROOT);
        if (!SafePath.isSafe(web.fileName()) || !(name.endsWith(".gguf") || web.isArchive())) {
            throw invalid(text, "is neither a .gguf file nor a .tar or .zip of a model's directory");
        }
        return web;
    }

    static boolean isThisMachine(String host) {
        return host.equals("localhost") || host.equals("[::1]") || host.matches("127(\\.[0-9]{1,3}){3}");
    }

    private static Reference local(String text, String rest) {
        try {
            String path = rest.startsWith("//") ? URI.create(text).getPath() : rest;
            if (path == null || path.isEmpty()) {
                throw invalid(text, "names no file");
            }
            return new Local(Path.of(path));
        } catch (IllegalArgumentException malformed) {
            throw new HubException(HubException.Kind.INVALID, shown(text) + " names no file", malformed);
        }
    }

    private static String shown(String text) {
        return "\"" + Printable.of(text, 120) + "\"";
    }

    private static HubException invalid(String text, String what) {
        return new HubException(
                HubException.Kind.INVALID,
                shown(text) + " " + what + ". Names are mistral, mistral:7b-instruct-q4_K_M, USER/MODEL:TAG,"
                        + " hf:OWNER/REPOSITORY[/FILE.gguf][@REVISION], https://HOST/FILE.gguf and file:PATH");
    }
}
