package dev.tramontane.tokenizer;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Each tokenizer.json that cannot be used is refused in one sentence that names what is wrong. */
final class MalformedHuggingFaceFileTest {

    @Test
    void vocabularies() {
        refused("gpt-2", f -> model(f).put("type", "Unigram"), "the model 'Unigram' is not supported; only BPE is");
        refused("gpt-2", f -> model(f).put("dropout", 0.1), "model.dropout is not supported: ids would be random");
        refused("gpt-2", f -> model(f).put("end_of_word_suffix", "</w>"), "model.end_of_word_suffix is not supported");
        refused("gpt-2", f -> model(f).put("new", 1), "the field model.'new' is not known");
        refused("gpt-2", f -> vocab(f).put("zz", 5), "model.vocab gives the id 5 to '&' and to 'zz'");
        refused("gpt-2", f -> vocab(f).put("zz", -1), "model.vocab.zz must be a whole number between 0 and 1048575");
        refused("gpt-2", f -> vocab(f).put("zz", "1"), "model.vocab.zz must be a whole number between 0 and 1048575");
        refused(
                "gpt-2",
                f -> vocab(f).put("zz", 900),
                "Token 647 has no piece: the ids of a vocabulary may have no holes.");
        refused(
                "gpt-2",
                f -> vocab(f).remove("e"),
                "Token 68 has no piece: the ids of a vocabulary may have no holes.");
        refused("gpt-2", f -> model(f).remove("vocab"), "tokenizer.json has no model.vocab.");
        refused("gpt-2", f -> model(f).remove("merges"), "tokenizer.json has no model.merges.");
        refused("gpt-2", f -> f.remove("model"), "tokenizer.json has no model.");
        refused("gpt-2", f -> model(f).put("unk_token", "nope"), "The unk_token 'nope' is not in the vocabulary.");
        refused(
                "prepend",
                f -> model(f).put("byte_fallback", false),
                "BPE over characters without byte_fallback is not supported.");
        refused(
                "prepend",
                f -> model(f).put("ignore_merges", true),
                "BPE over characters with ignore_merges is not supported.");
        refused(
                "prepend",
                f -> vocab(f).set("<0x1>", vocab(f).remove("<0x01>")),
                "The vocabulary has 255 byte tokens; it needs all 256 or none.");
    }

    @Test
    void merges() {
        refused("gpt-2", f -> merges(f).add("h e"), "('h e') is there twice.");
        // The ids of a cycle: a piece that is made of itself would be longer than itself.
        refused("gpt-2", f -> merges(f).add("he h"), "needs the piece 'heh', which is not in the vocabulary.");
        refused("gpt-2", f -> merges(f).add("h"), "is 'h' and not two pieces with a space between them.");
        refused("gpt-2", f -> merges(f).add(5), "must be two pieces, as one string or as two");
        refused("gpt-2", f -> merges(f).addArray().add("h"), "must be two pieces, as one string or as two");
        refused(
                "gpt-2",
                f -> merges(f).addArray().add("h ").add("e"),
                "merges a piece with a space in it, which is not supported");
        refused(
                "gpt-2",
                f -> added(f).addObject()
                        .put("id", id(f, "he"))
                        .put("content", "he")
                        .put("special", true),
                "makes the control token 'he': text could become a control token.");
    }

    @Test
    void addedTokens() {
        refused(
                "gpt-2",
                f -> added(f).addObject().put("id", 5).put("content", "x"),
                "The added token 'x' has the id 5 of '&'.");
        refused(
                "gpt-2",
                f -> added(f).addObject().put("id", 640).put("content", "x"),
                "added_tokens[7].id is 640 for the second time");
        refused(
                "gpt-2",
                f -> added(f).addObject().put("id", 647).put("content", "<s>"),
                "Tokens 640 and 647 have the same piece '<s>'.");
        refused("gpt-2", f -> added(f).addObject().put("id", 647).put("content", ""), "Token 647 has no piece");
        refused("gpt-2", f -> added(f).addObject().put("content", "x"), "added_tokens[7].id is missing");
        refused("gpt-2", f -> added(f).addObject().put("id", 647), "added_tokens[7].content is missing");
        refused(
                "gpt-2",
                f -> ((ObjectNode) added(f).get(0)).put("single_word", true),
                "added_tokens[0].single_word must be false or left out, got true");
        refused("gpt-2", f -> ((ObjectNode) added(f).get(0)).put("odd", 1), "unknown field added_tokens[0].odd");
        refused(
                "gpt-2",
                f -> added(f).addObject().put("id", 647).put("content", "y".repeat(600)),
                "Token 647 has a piece of 600 characters; at most 512");
    }

    @Test
    void stages() {
        refused(
                "gpt-2",
                f -> f.putObject("normalizer").put("type", "NFC"),
                "the normalizer 'NFC' is not supported before byte-level BPE.");
        refused("gpt-2", f -> f.putObject("normalizer").put("type", "Sequence"), "normalizer.normalizers is missing");
        refused(
                "gpt-2",
                f -> f.putObject("pre_tokenizer").put("type", "Whitespace"),
                "BPE over characters without byte_fallback is not supported.");
        refused(
                "prepend",
                f -> f.putObject("pre_tokenizer").put("type", "Whitespace"),
                "the pre_tokenizer 'Whitespace' is not supported.");
        refused(
                "prepend",
                f -> f.putNull("normalizer"),
                "the normalizer null is not supported before BPE over characters.");
        refused(
                "first",
                f -> f.putObject("normalizer").put("type", "NFKC"),
                "the normalizer 'NFKC' is not supported before Metaspace.");
        refused(
                "gpt-2",
                f -> ((ObjectNode) f.get("pre_tokenizer")).put("add_prefix_space", true),
                "pre_tokenizer.add_prefix_space true is not supported, only 'false' is");
        refused(
                "gpt-2",
                f -> ((ObjectNode) f.get("pre_tokenizer")).put("odd", true),
                "unknown field pre_tokenizer.odd");
        refused(
                "qwen2",
                f -> ((ObjectNode) f.get("pre_tokenizer").get("pretokenizers").get(0))
                        .putObject("pattern")
                        .put("Regex", "(a+)+$"),
                "tokenizer.json splits text by the expression '(a+)+$', which is not known.");
        refused(
                "qwen2",
                f -> ((ObjectNode) f.get("pre_tokenizer").get("pretokenizers").get(0))
                        .put("behavior", "MergedWithNext"),
                "a Split that is 'MergedWithNext' is not supported.");
        refused(
                "first",
                f -> ((ObjectNode) f.get("pre_tokenizer")).put("prepend_scheme", "last"),
                "the prepend_scheme 'last' of Metaspace is not known.");
        refused(
                "first",
                f -> ((ObjectNode) f.get("pre_tokenizer")).put("replacement", "_"),
                "pre_tokenizer.replacement _ is not supported, only U+2581 is");
        refused("gpt-2", f -> f.putNull("decoder"), "the decoder null is not supported after byte-level BPE.");
        refused(
                "first",
                f -> f.putObject("decoder").put("type", "WordPiece"),
                "the decoder 'WordPiece' is not supported after BPE over characters.");
        refused(
                "first",
                f -> f.putObject("post_processor").put("type", "BertProcessing"),
                "the post_processor 'BertProcessing' is not supported.");
        refused(
                "first",
                f -> ((ArrayNode) f.get("post_processor").get("single"))
                        .addObject()
                        .putObject("SpecialToken")
                        .put("id", "</s>"),
                "the post_processor 'TemplateProcessing' is not supported: only one token in front of the text is.");
        refused("first", f -> f.put("odd", 1), "the field 'odd' is not known");
        refused("first", f -> f.put("pre_tokenizer", 7), "pre_tokenizer must be an object");
    }

    @Test
    void configs() {
        config(
                "{\"bos_token\": \"nope\"}",
                "tokenizer.json puts '<s>' in front of a text, but tokenizer_config.json calls bos 'nope'.");
        config("{\"eos_token\": \"nope\"}", "The eos_token 'nope' is not in the vocabulary.");
        config("{\"bos_token\": 5}", "bos_token must be an object");
        config("{\"add_eos_token\": true}", "add_eos_token must be false or left out, got true");
        config(
                "{\"added_tokens_decoder\": {\"x\": {\"content\": \"y\"}}}",
                "added_tokens_decoder has the name 'x', which is no id");
        config("{\"added_tokens_decoder\": {\"5\": {\"content\": \"y\"}}}", "The added token 'y' has the id 5 of ");
        config("[]", "tokenizer_config.json");
    }

    @Test
    void documents() {
        document("", "tokenizer.json is empty");
        document("{", "tokenizer.json");
        document("[1]", "tokenizer.json must be a JSON object, got an array");
        document(
                "{\"model\": {\"vocab\": {\"a\": 1, \"a\": 2}}}",
                "tokenizer.json is not valid JSON: the name \"a\" comes twice");
        document("{\"model\": ".repeat(40), "tokenizer.json");
        document("{\"model\": {\"vocab\": {\"" + "a".repeat(20_000) + "\": 1}}}", "tokenizer.json");
    }

    private static ObjectNode model(ObjectNode file) {
        return (ObjectNode) file.get("model");
    }

    private static ObjectNode vocab(ObjectNode file) {
        return (ObjectNode) model(file).get("vocab");
    }

    private static int id(ObjectNode file, String piece) {
        return vocab(file).get(piece).asInt();
    }

    private static ArrayNode merges(ObjectNode file) {
        return (ArrayNode) model(file).get("merges");
    }

    private static ArrayNode added(ObjectNode file) {
        return (ArrayNode) file.get("added_tokens");
    }

    private static void refused(String variant, Consumer<ObjectNode> spoil, String message) {
        ObjectNode file = HuggingFaceFiles.json(variant);
        spoil.accept(file);
        refused(file.toString(), HuggingFaceFiles.CONFIG, message);
    }

    private static void config(String config, String message) {
        refused(HuggingFaceFiles.json("first").toString(), config, message);
    }

    private static void document(String json, String message) {
        refused(json, HuggingFaceFiles.CONFIG, message);
    }

    private static void refused(String json, String config, String message) {
        assertThatThrownBy(() -> HuggingFaceFiles.tokenizer(json, config))
                .isInstanceOf(VocabularyException.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }
}
