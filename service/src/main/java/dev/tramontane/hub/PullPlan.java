package dev.tramontane.hub;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a pull will bring, as the hub says it.
 *
 * @param reference its name
 * @param entry the file to open; empty for the directory
 * @param files all of them
 * @param licence as the hub says it; empty where it says nothing
 * @param revision what the name means now; empty where nobody knows
 * @param remarks for people, a sentence each: what is left out, and what cannot be checked
 * @param host that is asked
 */
public record PullPlan(
        Reference reference,
        String entry,
        List<PlannedFile> files,
        String licence,
        String revision,
        List<String> remarks,
        String host) {

    /**
     * A file to come.
     *
     * @param path under which the model will know it
     * @param uri where it is
     * @param bytes of it
     * @param digest its sum must be this one; null where nobody says it
     */
    public record PlannedFile(
            String path, URI uri, long bytes, @Nullable Digest digest) {
        /**
         * What is kept of it while it is under way is kept under this name: the same file has the same. What stands behind
         * a question mark may be a signature, and another one the next time.
         */
        String key() {
            return digest == null
                    ? "url-" + Digest.sha256(withoutQuery(uri).getBytes(StandardCharsets.UTF_8))
                    : (digest.kind() == Digest.Kind.GIT ? "git-" : "sha256-") + digest.hex();
        }

        static String withoutQuery(URI uri) {
            String text = uri.toString();
            int query = text.indexOf('?');
            return query < 0 ? text : text.substring(0, query);
        }
    }

    public PullPlan {
        files = List.copyOf(files);
        remarks = List.copyOf(remarks);
    }

    public long bytes() {
        return files.stream().mapToLong(PlannedFile::bytes).sum();
    }
}
