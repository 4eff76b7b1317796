package dev.tramontane.api.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Needed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The files of others that the page uses are what their makers gave out, and their licences stand beside them. */
class VendoredFilesTest {
    private static final Path VENDOR = Path.of("src/main/resources/web/vendor");
    private static final String MARKDOWN_IT = "40ee4f75f35a4c8d24f1d7a902f4c56a26da8bd9eec5bb02ad4a672d6ba05525";

    @Test
    void theyAreWhatTheyWere() throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(VENDOR.resolve("markdown-it.js")));
        assertThat(HexFormat.of().formatHex(hash)).isEqualTo(MARKDOWN_IT);
        assertThat(Files.readString(VENDOR.resolve("README.md"))).contains(MARKDOWN_IT);
        assertThat(Files.readString(VENDOR.resolve("markdown-it.LICENSE.txt")))
                .contains("markdown-it 15.0.3", "entities 8.1.0", "linkify-it 6.1.0", "mdurl 2.1.0")
                .contains("punycode.js 2.3.1", "uc.micro 3.0.0");
    }

    @Tag("browser")
    @Test
    void theyAreWhatThePackageHas() throws Exception {
        Path packaged = Needed.client("node_modules/markdown-it/dist/browser/markdown-it.esm.min.mjs");
        assertThat(Files.readString(packaged).replaceFirst("//# sourceMappingURL=.*\\R?$", ""))
                .isEqualTo(Files.readString(VENDOR.resolve("markdown-it.js")));
    }
}
