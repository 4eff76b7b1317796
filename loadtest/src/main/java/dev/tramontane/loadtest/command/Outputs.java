package dev.tramontane.loadtest.command;

import dev.tramontane.loadtest.plan.InvalidPlanException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where reports go, beside the table on stdout. */
final class Outputs {
    @Option(names = "--json", paramLabel = "FILE", description = "Write the figures for programs there.")
    private @Nullable Path json;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "Write a page with plots there: one file, without scripts.")
    private @Nullable Path html;

    /** Before anything runs for an hour: whether files can be where they are to be. */
    void check() {
        for (Path file : new Path[] {json, html}) {
            Path folder = file == null ? null : file.toAbsolutePath().getParent();
            if (file != null && (Files.isDirectory(file) || folder == null || !Files.isWritable(folder))) {
                throw new InvalidPlanException(file + " cannot be written: give a file in a folder that exists");
            }
        }
    }

    void json(String text) throws IOException {
        if (json != null) {
            Files.writeString(json, text + "\n");
        }
    }

    void html(String page) throws IOException {
        if (html != null) {
            Files.writeString(html, page);
        }
    }
}
