package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.PullPlan.PlannedFile;
import dev.tramontane.hub.Reference.HuggingFace;
import dev.tramontane.hub.Transport.Answer;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.Printable;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The Hugging Face hub: what it says of a repository at a revision, and its files there. */
final class HuggingFaceHub {
    private static final int MOST_FILES = 50_000;
    private static final int MOST = 32 << 20;
    private static final long MOST_BYTES = 1L << 44;

    private final Transport transport;
    private final Endpoint endpoint;
    private final HubConfig.Pause pause;

    HuggingFaceHub(Transport transport, Endpoint endpoint, HubConfig.Pause pause) {
        this.transport = transport;
        this.endpoint = endpoint;
        this.pause = pause;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** What to do where the hub wants to know who asks: with a token, he may be the wrong one. */
    String advice(HuggingFace name) {
        return endpoint.credentials().header() == null
                ? "it is private, gated, or there is no such repository. Accept its terms at " + endpoint.host() + "/"
                        + name.id() + " and set HF_TOKEN to a token that may read it"
                : "the token in HF_TOKEN or its file may not read it. Accept its terms at " + endpoint.host() + "/"
                        + name.id() + ", or take a token that may";
    }

    /** What is known of a file before it comes. */
    record Known(long bytes, @Nullable Digest digest) {}

    /** @param commit which the revision means */
    record Repository(String commit, String licence, Map<String, Known> files) {}

    PullPlan plan(HuggingFace name) throws InterruptedException {
        URI uri = endpoint.at("/api/models/" + name.id() + "/revision/" + escaped(name.revision()) + "?blobs=true");
        String what = name.id() + (name.revision().equals(HuggingFace.MAIN) ? "" : " at " + name.revision());
        Answer answer = new Tries(uri, what, () -> advice(name), pause)
                .again(() -> transport.document(endpoint, uri, Map.of("Accept", "application/json"), MOST));
        Repository repository = JsonDocument.read(
                answer.body(),
                "what " + endpoint.host() + " says of " + name.id(),
                JsonDocument.REPOSITORY,
                HuggingFaceHub::repository);
        ModelFiles.Choice choice =
                ModelFiles.choose(name, List.copyOf(repository.files().keySet()), path -> size(repository, path));
        List<PlannedFile> files = new ArrayList<>();
        for (String path : choice.paths()) {
            Known known = repository.files().get(path);
            if (known == null || known.bytes() < 0) {
                throw new HubException(Kind.WRONG, endpoint.host() + " does not say how long " + path + " is");
            }
            files.add(new PlannedFile(path, resolve(name, repository.commit(), path), known.bytes(), known.digest()));
        }
        return new PullPlan(
                name, choice.entry(), files, repository.licence(), repository.commit(), List.of(), endpoint.host());
    }

    private URI resolve(HuggingFace name, String commit, String path) {
        StringBuilder place = new StringBuilder("/" + name.id() + "/resolve/" + commit);
        for (String part : path.split("/", -1)) {
            place.append('/').append(escaped(part));
        }
        return endpoint.at(place.toString());
    }

    private static String escaped(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String size(Repository repository, String path) {
        Known known = repository.files().get(path);
        return known == null || known.bytes() < 0 ? "" : String.format(Locale.ROOT, " (%.1f GB)", known.bytes() / 1e9);
    }

    /** Of the hub's words for a repository. */
    static Repository repository(Map<String, @Nullable Object> object) {
        String commit = JsonDocument.string(object, "sha");
        if (!Digest.isGit(commit)) {
            throw new InvalidJsonException("sha", "sha is not 40 hexadecimal digits");
        }
        Map<String, Known> files = new LinkedHashMap<>();
        for (Map<String, @Nullable Object> sibling : JsonDocument.objects(object, "siblings", MOST_FILES)) {
            String path = JsonDocument.string(sibling, "rfilename");
            if (SafePath.isSafe(path)) { // What would climb is no file of a model.
                files.put(path, known(sibling));
            }
        }
        return new Repository(commit, licence(object), files);
    }

    /** Of files in large file storage the sum that is there, of others git's own. */
    private static Known known(Map<String, @Nullable Object> sibling) {
        long bytes = sibling.get("size") == null ? -1 : JsonDocument.whole(sibling, "size", MOST_BYTES);
        if (sibling.get("lfs") instanceof Map<?, ?>) {
            Map<String, @Nullable Object> large = JsonFields.object(sibling.get("lfs"), "lfs");
            String sum = JsonDocument.string(large, "sha256");
            if (!Digest.isSha256(sum)) {
                throw new InvalidJsonException("sha256", "the sum of a file is not 64 hexadecimal digits");
            }
            return new Known(JsonDocument.whole(large, "size", MOST_BYTES), new Digest(Digest.Kind.SHA_256, sum));
        }
        String git = JsonDocument.text(sibling, "blobId");
        return new Known(bytes, Digest.isGit(git) ? new Digest(Digest.Kind.GIT, git) : null);
    }

    private static String licence(Map<String, @Nullable Object> object) {
        if (object.get("cardData") instanceof Map<?, ?> card && card.get("license") instanceof String licence) {
            return Printable.of(licence, 60);
        }
        return "";
    }
}
