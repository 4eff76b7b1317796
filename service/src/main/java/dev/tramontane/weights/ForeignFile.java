package dev.tramontane.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;

/** What a file that is not GGUF seems to be, from its first bytes, and what to do with it. */
final class ForeignFile {
    private static final String CONVERT =
            "convert it with llama.cpp's convert_hf_to_gguf.py, or download a GGUF file of the model";
    private static final String DOWNLOAD = "download the file itself";

    private ForeignFile() {}

    static ModelFileException describe(String file, MemorySegment bytes) {
        byte[] head = bytes.asSlice(0, Math.min(bytes.byteSize(), 512)).toArray(ValueLayout.JAVA_BYTE);
        String text = new String(head, StandardCharsets.ISO_8859_1);
        String word = text.stripLeading().toLowerCase(Locale.ROOT);
        if (starts(head, 'P', 'K', 3, 4)) {
            return not(
                    file, "a zip archive, as PyTorch writes checkpoints (.pth, .bin: pickles can run code)", CONVERT);
        }
        if (head.length > 1 && head[0] == (byte) 0x80 && head[1] >= 2 && head[1] <= 5) {
            return not(file, "a Python pickle (.pth, .bin), which can run code and is never opened", CONVERT);
        }
        if (head.length > 8 && head[8] == '{' && head[5] == 0 && head[6] == 0 && head[7] == 0) {
            return not(file, "a safetensors file", CONVERT);
        }
        if (text.startsWith("version https://git-lfs")) {
            return not(file, "a Git LFS pointer, not the file it points to", "run 'git lfs pull' where it was cloned");
        }
        if (word.startsWith("<!doctype") || word.startsWith("<html") || word.startsWith("<?xml")) {
            return not(file, "a web page", DOWNLOAD + " (on Hugging Face the link has /resolve/, not /blob/)");
        }
        if (word.startsWith("{") || word.startsWith("[")) {
            return not(file, "JSON text, perhaps a server's error message or a config.json", DOWNLOAD);
        }
        if (starts(head, 0x1f, 0x8b)) {
            return not(file, "a gzip archive", "unpack it with gunzip or tar xzf");
        }
        if (starts(head, 0x28, 0xb5, 0x2f, 0xfd)) {
            return not(file, "a zstd archive", "unpack it with zstd -d");
        }
        if (text.startsWith("ustar", 257)) {
            return not(file, "a tar archive", "unpack it with tar xf");
        }
        if (text.startsWith("lmgg") || text.startsWith("fmgg") || text.startsWith("tjgg")) {
            return not(file, "a GGML file of before August 2023", "download a GGUF file of the model");
        }
        if (text.startsWith("FUGG")) {
            return not(file, "a GGUF file with its bytes swapped", "download the little-endian file");
        }
        if (bytes.byteSize() >= 4 && starts(head, 0, 0, 0, 0)) {
            return not(file, "zeros where the magic should be: an unfinished download", "download it again");
        }
        String magic = HexFormat.ofDelimiter(" ").formatHex(head, 0, Math.min(4, head.length));
        return new ModelFileException(
                file,
                0,
                "the file starts with " + magic,
                "the magic 47 47 55 46 (\"GGUF\")",
                "this is no GGUF file: download a GGUF file of the model");
    }

    private static ModelFileException not(String file, String found, String advice) {
        return new ModelFileException(file, 0, "this is " + found, "a GGUF file", advice);
    }

    private static boolean starts(byte[] head, int... magic) {
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
