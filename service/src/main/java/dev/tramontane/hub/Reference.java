package dev.tramontane.hub;

import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;

/** What a name means, every part of it checked and said: {@link References#parse} of its text gives it again. */
public sealed interface Reference {

    /** As people write it, with what they may leave out where it is not the usual. */
    String text();

    /** By which clients know the model. */
    String servedName();

    /**
     * A model of Ollama's registry, or of another one of its protocol.
     *
     * @param host with its port if it has one; empty for the registry that is configured
     * @param namespace who made it; {@code library} for Ollama's own
     */
    record Ollama(String host, String namespace, String model, String tag) implements Reference {
        static final String LIBRARY = "library";
        static final String LATEST = "latest";

        /** The part of the registry's addresses that is the model's. */
        String repository() {
            return namespace + "/" + model;
        }

        @Override
        public String text() {
            return (host.isEmpty() ? "" : host + "/") + servedName();
        }

        @Override
        public String servedName() {
            return (host.isEmpty() && namespace.equals(LIBRARY) ? "" : namespace + "/") + model + ":" + tag;
        }
    }

    /**
     * A model of the Hugging Face hub.
     *
     * @param file of the repository; empty for what is in it
     * @param variant of several quantisations ("Q8_0"); empty for the usual
     * @param revision a branch, tag or commit
     */
    record HuggingFace(String owner, String repository, String file, String variant, String revision)
            implements Reference {
        static final String MAIN = "main";

        String id() {
            return owner + "/" + repository;
        }

        @Override
        public String text() {
            return "hf:" + id()
                    + (file.isEmpty() ? "" : "/" + file)
                    + (variant.isEmpty() ? "" : ":" + variant)
                    + (revision.equals(MAIN) && !file.contains("@") ? "" : "@" + revision);
        }

        @Override
        public String servedName() {
            return file.isEmpty() ? id() + (variant.isEmpty() ? "" : ":" + variant) : stem(file);
        }
    }

    /**
     * A file of some server: a GGUF file, or a tar or zip file of a directory.
     *
     * @param sha256 of the file in hexadecimal digits; empty where nobody said it
     */
    record Web(URI uri, String sha256) implements Reference {
        /** The name by which it is kept: without what stands behind a question mark, which may be a signature, and another one each time. */
        Web kept() {
            return new Web(URI.create(PullPlan.PlannedFile.withoutQuery(uri)), sha256);
        }

        boolean isTar() {
            return fileName().toLowerCase(Locale.ROOT).endsWith(".tar");
        }

        boolean isZip() {
            return fileName().toLowerCase(Locale.ROOT).endsWith(".zip");
        }

        /** Of which the members are the model. */
        boolean isArchive() {
            return isTar() || isZip();
        }

        /** The last part of the path, which says what it is. */
        String fileName() {
            String path = uri.getPath();
            return path.substring(path.lastIndexOf('/') + 1);
        }

        @Override
        public String text() {
            return uri + (sha256.isEmpty() ? "" : "#sha256=" + sha256);
        }

        @Override
        public String servedName() {
            return stem(fileName());
        }
    }

    /** A file or directory of this machine. */
    record Local(Path path) implements Reference {
        @Override
        public String text() {
            return "file:" + path;
        }

        @Override
        public String servedName() {
            return stem(String.valueOf(path.getFileName()));
        }
    }

    private static String stem(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }
}
