package dev.tramontane.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a file that is not of the wanted format seems to be, from its first bytes, and what to do with it. */
final class ForeignFile {
    static final String GGUF = "a GGUF file";
    static final String SAFETENSORS = "a safetensors file";
    static final String INDEX = "the index of safetensors files";

    private static final int HEAD = 512;
    private static final String DOWNLOAD = "download the file itself";

    private final String file;
    private final String wanted;
    private final byte[] head;
    private final String text;

    private ForeignFile(String file, MemorySegment bytes, String wanted) {
        this.file = file;
        this.wanted = wanted;
        head = bytes.asSlice(0, Math.min(bytes.byteSize(), HEAD)).toArray(ValueLayout.JAVA_BYTE);
        text = new String(head, StandardCharsets.ISO_8859_1);
    }

    /**
     * The refusal of a file.
     *
     * @param wanted what was expected: {@link #GGUF}, {@link #SAFETENSORS} or {@link #INDEX}
     * @return empty when nothing is recognised in it
     */
    static Optional<ModelFileException> recognise(String file, MemorySegment bytes, String wanted) {
        ForeignFile foreign = new ForeignFile(file, bytes, wanted);
        return Optional.ofNullable(foreign.ofModel()).or(() -> Optional.ofNullable(foreign.ofAccident()));
    }

    /** The refusal of a file that does not begin as GGUF does. */
    static ModelFileException notGguf(String file, MemorySegment bytes) {
        return recognise(file, bytes, GGUF).orElseGet(() -> {
            byte[] magic = bytes.asSlice(0, Math.min(bytes.byteSize(), 4)).toArray(ValueLayout.JAVA_BYTE);
            return ModelFileException.in(
                            file,
                            "the file starts with " + HexFormat.ofDelimiter(" ").formatHex(magic))
                    .at(0)
                    .expected("the magic 47 47 55 46 (\"GGUF\")")
                    .advice("this is no GGUF file: download a GGUF file of the model");
        });
    }

    /** How to get weights that can be loaded in place of pickled ones. */
    static String unpickle(String file) {
        String name = String.valueOf(Path.of(file).getFileName());
        String convert = name.startsWith("consolidated.")
                ? "convert it with transformers' convert_mistral_weights_to_hf.py --modules_are_split"
                : "load it with transformers and write it by save_pretrained()";
        return "download the model's safetensors or GGUF files; or, if you trust its makers, " + convert;
    }

    private @Nullable ModelFileException ofModel() {
        // First, because a header's length can look like another magic.
        if (!wanted.equals(SAFETENSORS)
                && head.length > 8
                && head[8] == '{'
                && head[5] == 0
                && head[6] == 0
                && head[7] == 0) {
            return not("a safetensors file", "give the directory that holds it and its config.json or params.json");
        }
        if (starts('P', 'K', 3, 4)) {
            return not(
                    "a zip archive, as PyTorch writes checkpoints (.pth, .bin: pickles can run code)", unpickle(file));
        }
        if (head.length > 1 && head[0] == (byte) 0x80 && head[1] >= 2 && head[1] <= 5) {
            return not("a Python pickle (.pth, .bin), which can run code and is never opened", unpickle(file));
        }
        if (starts('G', 'G', 'U', 'F')) {
            return not("a GGUF file", "give the path of the file itself");
        }
        if (text.startsWith("lmgg") || text.startsWith("fmgg") || text.startsWith("tjgg")) {
            return not("a GGML file of before August 2023", "download a GGUF file of the model");
        }
        if (text.startsWith("FUGG")) {
            return not("a GGUF file with its bytes swapped", "download the little-endian file");
        }
        if (head.length > 2 && head[0] == 8 && head[1] > 2 && head[1] < 32 && head[2] == 0x12) {
            return not("an ONNX model", "download the model's safetensors or GGUF files");
        }
        if (starts(0x89, 'H', 'D', 'F')) {
            return not("an HDF5 file, as Keras writes weights", "download the model's safetensors or GGUF files");
        }
        return null;
    }

    private @Nullable ModelFileException ofAccident() {
        String word = text.stripLeading().toLowerCase(Locale.ROOT);
        if (text.startsWith("version https://git-lfs")) {
            return not("a Git LFS pointer, not the file it points to", "run 'git lfs pull' where it was cloned");
        }
        if (word.startsWith("<!doctype") || word.startsWith("<html") || word.startsWith("<?xml")) {
            return not("a web page", DOWNLOAD + " (on Hugging Face the link has /resolve/, not /blob/)");
        }
        if (!wanted.equals(INDEX) && (word.startsWith("{") || word.startsWith("["))) {
            return not("JSON text, perhaps a server's error message or a config.json", DOWNLOAD);
        }
        if (starts(0x1f, 0x8b)) {
            return not("a gzip archive", "unpack it with gunzip or tar xzf");
        }
        if (starts(0x28, 0xb5, 0x2f, 0xfd)) {
            return not("a zstd archive", "unpack it with zstd -d");
        }
        if (text.startsWith("ustar", 257)) {
            return not("a tar archive", "unpack it with tar xf");
        }
        if (head.length >= 4 && starts(0, 0, 0, 0)) {
            return not("zeros where the magic should be: an unfinished download", "download it again");
        }
        return null;
    }

    private ModelFileException not(String found, String advice) {
        return ModelFileException.in(file, "this is " + found)
                .at(0)
                .expected(wanted)
                .advice(advice);
    }

    private boolean starts(int... magic) {
        if (head.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if (head[i] != (byte) magic[i]) {
                return false;
            }
        }
        return true;
    }
}
