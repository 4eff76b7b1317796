package dev.tramontane.tokenizer.split;

import static dev.tramontane.tokenizer.split.CodePoints.NUMBER;
import static dev.tramontane.tokenizer.split.CodePoints.PUNCTUATION;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The rules by the names that GGUF files give them ({@code tokenizer.ggml.pre}; the list is llama.cpp's). */
public final class PreTokenizers {

    private static final PreTokenizer GPT2 = new Gpt2Scanner(false);
    private static final PreTokenizer LONE_DIGITS = new Gpt2Scanner(true);
    private static final PreTokenizer LLAMA3 = new Llama3Scanner(3, false);
    private static final PreTokenizer QWEN2 = new Llama3Scanner(1, false);
    private static final PreTokenizer QWEN35 = new Llama3Scanner(1, true);
    private static final PreTokenizer TEKKEN = new CasedScanner(1, false);
    private static final PreTokenizer GPT4O = new CasedScanner(3, true);

    /** What readers of GGUF fall back to where the file names no rule. */
    private static final PreTokenizer FALLBACK = new Series(List.of(
            new RunScanner(PUNCTUATION, "$+<=>^~|", 0),
            GPT2,
            new RunScanner(NUMBER, "", 0),
            new RunScanner(0, "0123456789", 3)));

    private static final PreTokenizer FALCON =
            new Series(List.of(new RunScanner(PUNCTUATION, "$+<=>^~|`", 0), GPT2, new RunScanner(0, "0123456789", 3)));

    private static final Map<String, PreTokenizer> BY_NAME = byName();

    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String LINES_AND_SPACES = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String CL100K_WORD = "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
    private static final String CL100K_REST = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" + LINES_AND_SPACES;
    private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LEAD = "[^\\r\\n\\p{L}\\p{N}]?";
    private static final String CASED_REST = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" + LINES_AND_SPACES;

    /** The expressions as files spell them, with a name of the rule that cuts in the same places. */
    private static final Map<String, String> BY_EXPRESSION = Map.of(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            "gpt-2",
            CONTRACTIONS + CL100K_WORD + "\\p{N}{1,3}" + CL100K_REST,
            "llama-bpe",
            CONTRACTIONS + CL100K_WORD + "\\p{N}" + CL100K_REST,
            "qwen2",
            LEAD + UPPER + "*" + LOWER + "+|" + LEAD + UPPER + "+" + LOWER + "*|\\p{N}" + CASED_REST,
            "tekken",
            LEAD + UPPER + "*" + LOWER + "+" + CONTRACTIONS + "?|" + LEAD + UPPER + "+" + LOWER + "*" + CONTRACTIONS
                    + "?|\\p{N}{1,3}" + CASED_REST,
            "gpt-4o");

    private PreTokenizers() {}

    /** The rule of that name, or null. The empty name is that of files older than the key. */
    public static @Nullable PreTokenizer named(String name) {
        return BY_NAME.get(name.isEmpty() ? "default" : name);
    }

    /** The rule of a name that is known. */
    public static PreTokenizer required(String name) {
        return Objects.requireNonNull(named(name), name);
    }

    /** A name of the rule that a regular expression describes, or null where the expression is not a known one. */
    public static @Nullable String nameOf(String expression) {
        return BY_EXPRESSION.get(expression);
    }

    /** All names, in order, for messages. */
    public static String names() {
        return String.join(", ", BY_NAME.keySet());
    }

    /**
     * Whether under that rule a whole word that is a piece of the vocabulary is that token, whatever the merges say
     * (the field ignore_merges of the tokenizer.json of these families).
     */
    public static boolean ignoresMerges(String name) {
        PreTokenizer rule = named(name);
        return rule == TEKKEN || (rule == LLAMA3 && !MERGING_LLAMA3.contains(name));
    }

    /** Names that share Llama 3's rule and not its ignore_merges. */
    private static final List<String> MERGING_LLAMA3 = List.of("dbrx", "smaug-bpe", "chatglm-bpe");

    private static Map<String, PreTokenizer> byName() {
        Map<String, PreTokenizer> names = new TreeMap<>();
        put(names, FALLBACK, "default");
        put(names, GPT2, "gpt-2", "phi-2", "gigachat", "a.x-4.0", "mellum", "modern-bert", "roberta-bpe", "exaone4");
        put(names, GPT2, "jina-es", "jina-de", "jina-v1-en", "jina-v2-es", "jina-v2-de", "jina-v2-code");
        put(names, GPT2, "mpt", "olmo", "jais", "trillion", "granite-docling");
        put(names, LONE_DIGITS, "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b");
        put(names, LONE_DIGITS, "mellum2");
        put(names, LLAMA3, "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2");
        put(names, LLAMA3, "jina-v5-nano", "dbrx", "smaug-bpe", "chatglm-bpe", "glm4", "glm5");
        put(names, QWEN2, "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan");
        put(names, QWEN2, "solar-open", "grok-2");
        put(names, QWEN35, "qwen35");
        put(names, TEKKEN, "tekken");
        put(names, GPT4O, "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2");
        put(names, FALCON, "falcon");
        return names;
    }

    private static void put(Map<String, PreTokenizer> names, PreTokenizer rule, String... aliases) {
        for (String alias : aliases) {
            names.put(alias, rule);
        }
    }

    /** Rules each of which cuts what the one before left. */
    private record Series(List<PreTokenizer> rules) implements PreTokenizer {
        @Override
        public void split(String text, int from, int to, WordSink sink) {
            WordSink chain = sink;
            for (int i = rules.size() - 1; i > 0; i--) {
                PreTokenizer rule = rules.get(i);
                WordSink rest = chain;
                chain = (start, end) -> rule.split(text, start, end, rest);
            }
            rules.getFirst().split(text, from, to, chain);
        }
    }
}
