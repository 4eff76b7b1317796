package dev.tramontane.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An image's archive as a container runtime would unpack it, without one. */
final class UnpackedImage {
    private static final JsonMapper JSON = new JsonMapper();

    final Path oci;
    final Path root;
    final JsonNode manifest;
    final JsonNode config;
    final List<Path> layers = new ArrayList<>();

    /** Follows the archive's own links from the index, and checks every digest on the way. */
    UnpackedImage(Path archive, Path folder) throws Exception {
        oci = Files.createDirectories(folder.resolve("oci"));
        root = Files.createDirectories(folder.resolve("root"));
        Packing.output(folder, "tar", "-xf", archive.toString(), "-C", oci.toString());
        JsonNode index = JSON.readTree(Files.readString(oci.resolve("index.json")));
        manifest = JSON.readTree(Files.readString(blob(index.path("manifests").path(0))));
        config = JSON.readTree(Files.readString(blob(manifest.path("config"))));
        int place = 0;
        for (JsonNode descriptor : manifest.path("layers")) {
            Path layer = blob(descriptor);
            layers.add(layer);
            assertThat("sha256:" + sumOfUnpacked(layer))
                    .isEqualTo(
                            config.path("rootfs").path("diff_ids").path(place++).asString());
            Packing.output(folder, "tar", "-xf", layer.toString(), "-C", root.toString());
        }
    }

    private Path blob(JsonNode descriptor) throws Exception {
        String digest = descriptor.path("digest").asString();
        Path file = oci.resolve("blobs").resolve(digest.replace(':', '/'));
        assertThat(Packing.output(oci, "sha256sum", file.toString())).startsWith(digest.substring("sha256:".length()));
        assertThat(Files.size(file)).isEqualTo(descriptor.path("size").asLong());
        return file;
    }

    private String sumOfUnpacked(Path layer) throws Exception {
        return Packing.output(
                        oci, "sh", "-c", "{ gzip -dc \"$0\" 2>/dev/null || cat \"$0\"; } | sha256sum", layer.toString())
                .substring(0, 64);
    }

    /** The words of a list in the part {@code config} of the configuration. */
    List<String> words(String key) {
        List<String> words = new ArrayList<>();
        config.path("config").path(key).forEach(word -> words.add(word.asString()));
        return words;
    }

    /**
     * Its entry point in its root, which is read-only, as its user where this process may choose one. {@code /proc} and
     * {@code /dev} are lent, as a container runtime would give it its own; nothing can be written anywhere.
     */
    ProcessBuilder inReadOnlyRoot(List<String> variables) throws Exception {
        boolean superuser = Packing.output(oci, "id", "-u").strip().equals("0");
        List<String> apart =
                superuser ? List.of("unshare", "--mount") : List.of("unshare", "--user", "--map-root-user", "--mount");
        List<String> probe = new ArrayList<>(apart);
        probe.add("true");
        boolean can = new ProcessBuilder(probe).start().waitFor() == 0;
        assumeTrue(can, "this user may neither chroot nor make a user namespace, so no image can be run: be root");
        List<String> command = new ArrayList<>(apart);
        command.addAll(List.of(
                "sh",
                "-euc",
                "mount --bind \"$0\" \"$0\"; mount -o remount,bind,ro \"$0\"; mount --rbind /proc \"$0/proc\";"
                        + " mount --rbind /dev \"$0/dev\"; exec env -i \"$@\"",
                root.toString()));
        command.addAll(words("Env"));
        command.addAll(variables);
        command.add("/usr/sbin/chroot");
        if (superuser) {
            command.add("--userspec=" + config.path("config").path("User").asString());
        }
        command.add(root.toString());
        command.addAll(words("Entrypoint"));
        command.addAll(words("Cmd"));
        return new ProcessBuilder(command);
    }
}
