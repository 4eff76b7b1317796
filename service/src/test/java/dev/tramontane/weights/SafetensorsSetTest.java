package dev.tramontane.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.sun.management.ThreadMXBean;
import dev.tramontane.fixtures.Mappings;
import dev.tramontane.fixtures.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsSetTest {
    private static final String FIRST = "model-00001-of-00002.safetensors";
    private static final String SECOND = "model-00002-of-00002.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final String ONE_PLACE = "; download the index and all files from one place";

    @TempDir
    Path dir;

    /** What a test puts into a directory. */
    @FunctionalInterface
    interface Arrangement {
        void into(Path directory) throws IOException;
    }

    private static void shard(Path directory, String file, String... tensors) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (int i = 0; i < tensors.length; i++) {
            writer.floats(tensors[i], new long[] {1}, i);
        }
        writer.writeTo(directory.resolve(file));
    }

    private static void index(Path directory, String map) throws IOException {
        Files.writeString(
                directory.resolve(INDEX), "{\"metadata\": {\"total_size\": 12}, \"weight_map\": {" + map + "}}");
    }

    private static void soundShards(Path directory) throws IOException {
        shard(directory, FIRST, "a", "b");
        shard(directory, SECOND, "c");
    }

    private static String map(String... pairs) {
        StringBuilder map = new StringBuilder();
        for (int i = 0; i < pairs.length; i += 2) {
            map.append(i == 0 ? "" : ",")
                    .append('"')
                    .append(pairs[i])
                    .append("\":\"")
                    .append(pairs[i + 1])
                    .append('"');
        }
        return map.toString();
    }

    @Test
    void opensOneFile() throws IOException {
        shard(dir, "model.safetensors", "a", "b");
        try (SafetensorsSet set = SafetensorsSet.open(dir, "model")) {
            assertThat(set.name()).isEqualTo(dir.resolve("model.safetensors").toString());
            Path file = dir.resolve("model.safetensors");
            assertThat(set.files()).containsExactly(new WeightFile(file, Files.size(file)));
            assertThat(set.tensors()).extracting(SafetensorsTensor::name).containsExactly("a", "b");
            assertThat(set.find("b").orElseThrow().data().get(ValueLayout.JAVA_FLOAT, 0))
                    .isEqualTo(1);
            assertThat(set.find("c")).isEmpty();
        }
    }

    @Test
    void opensSeveralFilesByTheirIndex() throws IOException {
        soundShards(dir);
        index(dir, map("c", SECOND, "b", FIRST, "a", FIRST));
        shard(dir, "model-00001-of-00003.safetensors", "of another set");
        try (SafetensorsSet set = SafetensorsSet.open(dir, "model")) {
            assertThat(set.name()).isEqualTo(dir.resolve(INDEX).toString());
            assertThat(set.files())
                    .extracting(WeightFile::path)
                    .containsExactly(dir.resolve(FIRST), dir.resolve(SECOND));
            assertThat(set.tensors()).extracting(SafetensorsTensor::name).containsExactly("a", "b", "c");
            assertThat(set.find("c").orElseThrow().file())
                    .isEqualTo(dir.resolve(SECOND).toString());
        }
    }

    @Test
    void opensTheNamesOfEitherLayout() throws IOException {
        shard(dir, "model.safetensors", "hugging");
        shard(dir, "consolidated.safetensors", "mistral");
        try (SafetensorsSet set = SafetensorsSet.open(dir, "model");
                SafetensorsSet own = SafetensorsSet.open(dir, "consolidated")) {
            assertThat(set.tensors()).extracting(SafetensorsTensor::name).containsExactly("hugging");
            assertThat(own.tensors()).extracting(SafetensorsTensor::name).containsExactly("mistral");
        }
        Files.delete(dir.resolve("model.safetensors"));
        assertThat(SafetensorsSet.isPresent(dir, "consolidated")).isTrue();
        assertThat(SafetensorsSet.isPresent(dir, "model")).isFalse();
        index(dir, "");
        assertThat(SafetensorsSet.isPresent(dir, "model")).isTrue();
    }

    @Test
    void followsLinksAsInTheCacheOfHuggingFace() throws IOException {
        Path blobs = Files.createDirectory(dir.resolve("blobs"));
        Path snapshot = Files.createDirectory(dir.resolve("snapshot"));
        shard(blobs, "0123abcd", "a");
        Files.createSymbolicLink(snapshot.resolve("model.safetensors"), Path.of("../blobs/0123abcd"));
        try (SafetensorsSet set = SafetensorsSet.open(snapshot, "model")) {
            assertThat(set.find("a")).isPresent();
        }
    }

    @Test
    void opensWithAStaleIndex() throws IOException {
        shard(dir, FIRST, "a", "b", "both");
        shard(dir, SECOND, "c", "both");
        String third = "model-00003-of-00003.safetensors";
        index(dir, map("a", FIRST, "b", SECOND, "both", SECOND, "d", SECOND, "e", third)); // c is not named
        try (SafetensorsSet set = SafetensorsSet.open(dir, "model")) {
            assertThat(set.tensors())
                    .extracting(SafetensorsTensor::name)
                    .containsExactlyInAnyOrder("a", "b", "both", "c");
            assertThat(set.find("both").orElseThrow().file())
                    .isEqualTo(dir.resolve(SECOND).toString());
            assertThat(set.promised()).containsExactly("d", "e");
            assertThat(set.promised("a")).isEmpty();
            assertThat(set.promised("d").orElseThrow())
                    .hasMessageContaining("the index puts tensor \"d\" into \"" + SECOND
                            + "\", which does not hold it, expected an index and files of the same model" + ONE_PLACE);
            assertThat(set.promised("e").orElseThrow())
                    .hasMessageContaining(
                            "the file \"" + third + "\" of the index is not there, expected 3 files beside it");
            assertThat(set.isInAbsentFile("e")).isTrue();
            assertThat(set.isInAbsentFile("d")).isFalse();
        }
        assertThat(Mappings.under(dir)).as("mappings left behind").isEmpty();
    }

    private static Arguments set(String title, Arrangement arrangement, String file, String message) {
        return arguments(title, arrangement, file, message);
    }

    private static Arguments indexed(String title, String map, String message) {
        Arrangement arrangement = directory -> {
            soundShards(directory);
            index(directory, map);
        };
        return arguments(title, arrangement, INDEX, message);
    }

    static Stream<Arguments> unsoundSets() {
        String path = ", expected a file name without a path; the file is damaged: download it again";
        return Stream.of(
                set(
                        "every file is missing",
                        directory -> index(directory, map("a", FIRST, "c", SECOND)),
                        INDEX,
                        "the file \"" + FIRST + "\" of the index is not there, expected 2 files beside it; download the"
                                + " missing files as well"),
                set(
                        "a tensor is in two files and the index does not say in which",
                        directory -> {
                            shard(directory, FIRST, "a", "c");
                            shard(directory, SECOND, "b", "c");
                            index(directory, map("a", FIRST, "b", SECOND));
                        },
                        SECOND,
                        "the file holds tensor \"c\", as \"" + FIRST
                                + "\" does, expected an index and files of the same model" + ONE_PLACE),
                indexed(
                        "path upwards",
                        map("a", "../../etc/x.safetensors"),
                        "the file of tensor \"a\" is \"../../etc/x.safetensors\"" + path),
                indexed("absolute path", map("a", "/etc/x.safetensors"), "is \"/etc/x.safetensors\"" + path),
                indexed("folder", map("a", "sub/x.safetensors"), "is \"sub/x.safetensors\"" + path),
                indexed("backslashes", map("a", "..\\\\x.safetensors"), "is \"..\\x.safetensors\"" + path),
                indexed("drive", map("a", "c:x.safetensors"), "is \"c:x.safetensors\"" + path),
                indexed("the directory itself", map("a", "."), "is \".\"" + path),
                indexed("two dots", map("a", ".."), "is \"..\"" + path),
                indexed("NUL", map("a", "x\\u0000.safetensors"), "is \"x\\u0000.safetensors\"" + path),
                indexed("line feed", map("a", "x\\n.safetensors"), "is \"x\\u000a.safetensors\"" + path),
                indexed("no name", map("a", ""), "is \"\"" + path),
                indexed("long name", map("a", "x".repeat(300) + ".safetensors"), "..\"" + path),
                indexed(
                        "a pickle",
                        map("a", "pytorch_model-00001-of-00002.bin"),
                        "is \"pytorch_model-00001-of-00002.bin\", expected a .safetensors file"),
                indexed("an empty map", "", "the weight_map is empty"),
                indexed("a number for a file", "\"a\":3", "weight_map.a must be a string, got 3"),
                indexed(
                        "duplicate",
                        map("a", FIRST, "a", SECOND),
                        "the index is not valid JSON: the name \"a\" comes twice in one object"),
                set(
                        "no map",
                        d -> Files.writeString(d.resolve(INDEX), "{\"metadata\":{}}"),
                        INDEX,
                        "there is no weight_map"),
                set(
                        "a list",
                        d -> Files.writeString(d.resolve(INDEX), "[]"),
                        INDEX,
                        "at byte 0: the index must be a JSON object, got an array"),
                set(
                        "map is a list",
                        d -> Files.writeString(d.resolve(INDEX), "{\"weight_map\":[]}"),
                        INDEX,
                        "at byte 14: weight_map must be an object, got an array"),
                set(
                        "cut",
                        d -> Files.writeString(d.resolve(INDEX), "{\"weight_map\":{\"a\":\"x.saf"),
                        INDEX,
                        "the index is not valid JSON: it ends inside a string"),
                set("empty index", d -> Files.createFile(d.resolve(INDEX)), INDEX, "the file is empty"),
                set(
                        "index is a pointer",
                        d -> Files.writeString(d.resolve(INDEX), "version https://git-lfs.github.com/spec/v1\n"),
                        INDEX,
                        "at byte 0: this is a Git LFS pointer, not the file it points to, expected the index of"
                                + " safetensors files; run"),
                set(
                        "index is a directory",
                        d -> Files.createDirectory(d.resolve(INDEX)),
                        INDEX,
                        "it is a directory, expected a file"),
                set(
                        "a shard is a pointer",
                        directory -> {
                            soundShards(directory);
                            Files.writeString(
                                    directory.resolve(SECOND), "version https://git-lfs.github.com/spec/v1\n");
                            index(directory, map("a", FIRST, "b", FIRST, "c", SECOND));
                        },
                        SECOND,
                        "at byte 0: this is a Git LFS pointer"),
                set(
                        "a shard is a directory",
                        directory -> {
                            shard(directory, FIRST, "a");
                            Files.createDirectory(directory.resolve(SECOND));
                            index(directory, map("a", FIRST, "c", SECOND));
                        },
                        SECOND,
                        "it is a directory, expected a file"),
                set(
                        "a link leads nowhere",
                        d -> Files.createSymbolicLink(d.resolve("model.safetensors"), Path.of("../blobs/00")),
                        "model.safetensors",
                        "the link leads to a file that is not there"),
                set(
                        "a link leads to itself",
                        d -> Files.createSymbolicLink(d.resolve("model.safetensors"), Path.of("model.safetensors")),
                        "model.safetensors",
                        "the link leads to a file that is not there"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unsoundSets")
    void refusesWithOneLine(String title, Arrangement arrangement, String file, String message) throws IOException {
        arrangement.into(dir);
        ModelFileException refusal = catchThrowableOfType(
                ModelFileException.class,
                () -> SafetensorsSet.open(dir, "model").close());
        assertThat(refusal).as(title).isNotNull();
        assertThat(refusal).hasMessageStartingWith(dir.resolve(file) + ": ").hasMessageContaining(message);
        assertThat(refusal.getMessage()).doesNotContain("\n");
        assertThat(Mappings.under(dir)).as("mappings left behind").isEmpty();
    }

    @Test
    void refusesAVeryLargeIndexCheaply() {
        StringBuilder map = new StringBuilder("{\"weight_map\":{");
        for (int i = 0; i < 300_000; i++) {
            map.append(i == 0 ? "" : ",").append("\"model.layers.").append(i).append(".weight\":\"m.safetensors\"");
        }
        refusesCheaply(map.append("}}").toString(), "the index has more than 131136 names and elements");
    }

    @Test
    void refusesAnIndexOfVeryManyFilesCheaply() {
        StringBuilder map = new StringBuilder("{\"weight_map\":{");
        for (int i = 0; i < 5000; i++) {
            map.append(i == 0 ? "" : ",")
                    .append("\"")
                    .append(i)
                    .append("\":\"")
                    .append(i)
                    .append(".safetensors\"");
        }
        refusesCheaply(map.append("}}").toString(), "the index names more than 4096 files");
    }

    private static void refusesCheaply(String index, String message) {
        byte[] bytes = index.getBytes(StandardCharsets.UTF_8);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        ModelFileException refusal = catchThrowableOfType(
                ModelFileException.class, () -> SafetensorsIndex.of("index", MemorySegment.ofArray(bytes)));
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(refusal).hasMessageContaining(message);
        assertThat(allocated).as("bytes allocated").isLessThan(64L << 20);
    }

    static Stream<Arguments> directories() {
        String adapter =
                "this is an adapter (LoRA), not a model, expected the files of a model; merge it into its base";
        return Stream.of(
                arguments(
                        "empty",
                        (Arrangement) d -> {},
                        "the directory is empty, expected the files of a model; download"),
                named("only a config", "there are no weights, only \"config.json\", expected", "config.json"),
                named(
                        "config and more",
                        "there are no weights, only \"README.md\" and others",
                        "config.json",
                        "README.md"),
                named("LoRA", adapter, "adapter_config.json", "adapter_model.safetensors", "README.md"),
                named("pickled LoRA", adapter, "adapter_config.json", "adapter_model.bin"),
                named(
                        "Mistral's pickle",
                        "\"consolidated.00.pth\" is a Python pickle, which can run code and is never opened, expected"
                                + " the files of a model; download the model's safetensors or GGUF files; or, if you trust"
                                + " its makers, convert it with transformers' convert_mistral_weights_to_hf.py"
                                + " --modules_are_split",
                        "params.json",
                        "consolidated.00.pth",
                        "tokenizer.model"),
                named(
                        "Hugging Face's pickle",
                        "\"pytorch_model.bin\" is a Python pickle, which can run code and is never opened, expected"
                                + " the files of a model; download the model's safetensors or GGUF files; or, if you trust"
                                + " its makers, load it with transformers and write it by save_pretrained()",
                        "config.json",
                        "pytorch_model.bin"),
                named("pt", "\"model.pt\" is a Python pickle", "model.pt"),
                named(
                        "GGUF",
                        "this is a directory with GGUF files, expected the files of a model; give the path of one:"
                                + " \"m-00001-of-00002.gguf\"",
                        "m-00002-of-00002.gguf",
                        "m-00001-of-00002.gguf"),
                named(
                        "no index",
                        "\"" + FIRST
                                + "\" is one of several files without their index, expected the files of a model;"
                                + " download \""
                                + INDEX + "\"",
                        SECOND,
                        FIRST),
                named(
                        "another name",
                        "\"weights.safetensors\" is not called model.safetensors or consolidated.safetensors",
                        "weights.safetensors"),
                named("ONNX", "\"model.onnx\" is of a format that is not read", "model.onnx", "config.json"),
                named(
                        "unfinished",
                        "\"model.safetensors.incomplete\" is an unfinished download",
                        "model.safetensors.incomplete"),
                arguments(
                        "the cache of Hugging Face",
                        (Arrangement) d -> Files.createDirectory(d.resolve("snapshots")),
                        "this is a model's directory in the cache of Hugging Face, expected the files of a model; give"
                                + " a directory under its snapshots"));
    }

    private static Arguments named(String title, String message, String... names) {
        Arrangement arrangement = directory -> {
            for (String name : names) {
                Files.writeString(directory.resolve(name), "x");
            }
        };
        return arguments(title, arrangement, message);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("directories")
    void saysWhatADirectoryIs(String title, Arrangement arrangement, String message) throws IOException {
        arrangement.into(dir);
        ModelFileException refusal = catchThrowableOfType(
                ModelFileException.class,
                () -> SafetensorsSet.open(dir, "model").close());
        assertThat(refusal).as(title).isNotNull();
        assertThat(refusal).hasMessageStartingWith(dir + ": ").hasMessageContaining(message);
        assertThat(refusal.getMessage()).doesNotContain("\n");
        assertThat(Mappings.under(dir)).as("mappings left behind").isEmpty();
    }

    @Test
    void saysWhatIsNoDirectory() throws IOException {
        Path file = Files.createFile(dir.resolve("file"));
        assertThat(ForeignDirectory.describe(file))
                .hasMessage(file + ": it is a file, expected a directory; give the directory of a model");
        Path absent = dir.resolve("absent");
        assertThat(ForeignDirectory.describe(absent))
                .hasMessage(absent + ": no such directory; give the directory of a model");
    }
}
