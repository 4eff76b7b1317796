package dev.tramontane.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Mutations;
import dev.tramontane.hub.Reference.HuggingFace;
import dev.tramontane.hub.Reference.Ollama;
import dev.tramontane.hub.Reference.Web;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What names mean, and what is none. */
class ReferencesTest {
    private static final String SUM = "a".repeat(64);

    @ParameterizedTest
    @CsvSource({
        "mistral, mistral:latest, mistral:latest",
        "mistral:7b-instruct-q4_K_M, mistral:7b-instruct-q4_K_M, mistral:7b-instruct-q4_K_M",
        "library/mistral, mistral:latest, mistral:latest",
        "registry.ollama.ai/library/mistral, mistral:latest, mistral:latest",
        "Registry.Ollama.AI/user/model:tag, user/model:tag, user/model:tag",
        "user/model:tag, user/model:tag, user/model:tag",
        "Reg.example.org:5000/user/model, reg.example.org:5000/user/model:latest, user/model:latest",
        "hf.co/bartowski/Ministral-8B-GGUF:Q8_0, hf.co/bartowski/Ministral-8B-GGUF:Q8_0,"
                + " bartowski/Ministral-8B-GGUF:Q8_0",
        "hf:mistralai/Mistral-7B-v0.1, hf:mistralai/Mistral-7B-v0.1, mistralai/Mistral-7B-v0.1",
        "HF:a/b@main, hf:a/b, a/b",
        "hf:a/b@refs/pr/1, hf:a/b@refs/pr/1, a/b",
        "hf:a/b/sub/m.Q4_0.gguf@v1.0, hf:a/b/sub/m.Q4_0.gguf@v1.0, m.Q4_0",
        "hf:a/b/x@y.gguf@main, hf:a/b/x@y.gguf@main, x@y",
        "hf:a/b:Q5_K_M@v1, hf:a/b:Q5_K_M@v1, a/b:Q5_K_M",
        "https://example.org/m/x.gguf?a=1, https://example.org/m/x.gguf?a=1, x",
        "https://example.org/mistral-7B-v0.3.tar, https://example.org/mistral-7B-v0.3.tar, mistral-7B-v0.3",
        "https://example.org/mistral.zip, https://example.org/mistral.zip, mistral",
        "http://127.0.0.1:8000/x.gguf, http://127.0.0.1:8000/x.gguf, x",
        "file:models/x.gguf, file:models/x.gguf, x",
        "file:///models/x.gguf, file:/models/x.gguf, x",
    })
    void aNameMeansOneThing(String name, String text, String served) {
        Reference reference = References.parse(name);
        assertThat(reference.text()).isEqualTo(text);
        assertThat(reference.servedName()).isEqualTo(served);
        assertThat(References.parse(reference.text())).isEqualTo(reference);
    }

    @Test
    void theirPartsAreApart() {
        assertThat(References.parse("h.example/u/m:t")).isEqualTo(new Ollama("h.example", "u", "m", "t"));
        assertThatThrownBy(() -> References.parse("hf:a/b@" + "x".repeat(220))).hasMessageContaining("no revision");
        assertThat(References.parse("hf:o/r/d/f.gguf@x")).isEqualTo(new HuggingFace("o", "r", "d/f.gguf", "", "x"));
        assertThat(References.parse("http://example.org/x.gguf#sha256=" + SUM))
                .isInstanceOfSatisfying(Web.class, web -> {
                    assertThat(web.sha256()).isEqualTo(SUM);
                    assertThat(web.uri()).hasToString("http://example.org/x.gguf");
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "a b",
                "..",
                "../x",
                "a/../b",
                "a/b/c/d",
                ".hidden/x",
                "-flag",
                "mistral:",
                ":tag",
                "mistral:a/b",
                "mistral:..",
                "x\u0000y",
                "x\ny",
                "hf:",
                "hf:a",
                "hf:a/..",
                "hf:../b",
                "hf:a/b/../c.gguf",
                "hf:a/b//c.gguf",
                "hf:a/b/c.bin",
                "hf:a/b/c\\d.gguf",
                "hf:a--b/c",
                "hf:a/b@",
                "hf:a/b@../../etc",
                "hf:a/b@x//y",
                "hf:a/b@/x",
                "hf:a/b@x/",
                "hf:a/b@x/./y",
                "a..b/user/model",
                "example.org:99999/user/model",
                "1.2.3/user/model",
                "https://example.org:99999/x.gguf",
                "https://example.org:0/x.gguf",
                "hf:a/b:",
                "hf:a/b:..",
                "hf:a/b/c.gguf:Q8_0",
                "https:",
                "https://",
                "https:///x.gguf",
                "https://user:secret@example.org/x.gguf",
                "https://example.org/x.7z",
                "https://example.org/..",
                "https://example.org/x.gguf#part",
                "https://example.org/x.gguf#sha256=12",
                "http://example.org/x.gguf",
                "http://127.0.0.1.example.org/x.gguf",
                "file:",
                "file",
                "library/https",
                "file://%zz",
            })
    void whatIsNoNameIsSaidInOneLine(String text) {
        assertThatThrownBy(() -> References.parse(text))
                .isInstanceOf(HubException.class)
                .satisfies(thrown ->
                        assertThat(String.valueOf(thrown.getMessage()).lines()).hasSize(1));
    }

    @ParameterizedTest
    @CsvSource({
        "/x/y, true",
        "./mistral, true",
        "../mistral, true",
        "~/models, true",
        "models/, true",
        "tiny.gguf, true",
        "dir/model.safetensors, true",
        "C:\\models, true",
        "mistral, false",
        "user/model:tag, false",
        "hf:a/b/c.gguf, false",
        "https://example.org/x.gguf, false",
        "file:x.gguf, false",
    })
    void whatCanOnlyBeAPathIsOne(String text, boolean path) {
        assertThat(References.isPath(text)).isEqualTo(path);
    }

    @Test
    void anythingIsANameOrRefused() {
        Mutations.ofText(
                        List.of(
                                "mistral",
                                "user/model:tag",
                                "host.example:80/user/model:tag",
                                "hf:owner/repo/dir/file.gguf@rev",
                                "https://example.org/a/b.gguf#sha256=" + SUM,
                                "file:///x/y.gguf"),
                        List.of(
                                "..",
                                "/",
                                ":",
                                "@",
                                "#",
                                "\\",
                                "%00",
                                "%2e%2e",
                                "hf:",
                                "https://",
                                "file:",
                                "\u00e9",
                                " "),
                        HubException.class)
                .run(5_000, input -> {
                    Reference name = References.parse(new String(input, StandardCharsets.UTF_8));
                    assertThat(References.parse(name.text())).isEqualTo(name);
                    if (name instanceof Ollama ollama) {
                        assertThat(List.of(ollama.namespace(), ollama.model(), ollama.tag()))
                                .noneMatch(part -> part.contains("/") || part.startsWith("."));
                    }
                    if (name instanceof HuggingFace repository) {
                        assertThat(repository.file().split("/")).doesNotContain("..");
                        assertThat(repository.revision()).doesNotContain("..").matches(SafePath::isSafe);
                    }
                });
    }

    /** Of files in repositories and archives: nothing that isn't seen, or turns what is beside it around. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\u202egguf.exe",
                "a\u200b",
                "\ufeffa",
                "a\u2028b",
                "a\ue000",
                "a\u00adb",
                "a\u0085",
                "a\\b",
                "../a"
            })
    void pathsOfFilesAreSeenAsTheyAre(String path) {
        assertThat(SafePath.isSafe(path)).isFalse();
        assertThat(SafePath.isSafe("\u00fcber/\u6a21\u578b-1.0 (x).gguf")).isTrue();
    }
}
