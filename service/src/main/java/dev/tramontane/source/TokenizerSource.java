package dev.tramontane.source;

import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Tokenizers;
import dev.tramontane.tokenizer.Vocabulary;
import dev.tramontane.tokenizer.VocabularyException;
import dev.tramontane.weights.ModelFileException;
import java.util.function.Supplier;

/** What model files say of their tokenizer, in the form in which they say it. */
public sealed interface TokenizerSource {

    /** The file that says it. */
    String file();

    /** The form in which it says it, for people. */
    String kind();

    /**
     * Builds the tokenizer. Takes up to seconds for large vocabularies.
     *
     * @throws ModelFileException when what the file says contradicts itself or needs rules that are not known
     */
    Tokenizer build();

    /** A SentencePiece model: {@code tokenizer.model} and its like. */
    record SentencePiece(String file, byte[] model) implements TokenizerSource {
        @Override
        public String kind() {
            return "SentencePiece";
        }

        @Override
        public Tokenizer build() {
            return built(file, () -> Tokenizers.ofSentencePiece(model));
        }
    }

    /** Mistral's {@code tekken.json}. */
    record Tekken(String file, byte[] json) implements TokenizerSource {
        @Override
        public String kind() {
            return "tekken";
        }

        @Override
        public Tokenizer build() {
            return built(file, () -> Tokenizers.ofTekken(json));
        }
    }

    /** Hugging Face's {@code tokenizer.json}, and {@code tokenizer_config.json} beside it, empty where there is none. */
    record HuggingFace(String file, byte[] json, byte[] config) implements TokenizerSource {
        @Override
        public String kind() {
            return "Hugging Face tokenizers";
        }

        @Override
        public Tokenizer build() {
            return built(file, () -> Tokenizers.ofHuggingFace(json, config));
        }
    }

    /** The vocabulary in a GGUF file's metadata. */
    record Gguf(String file, Vocabulary vocabulary) implements TokenizerSource {
        @Override
        public String kind() {
            return "GGUF";
        }

        @Override
        public Tokenizer build() {
            return built(file, () -> Tokenizers.of(vocabulary));
        }
    }

    private static Tokenizer built(String file, Supplier<Tokenizer> tokenizer) {
        try {
            return tokenizer.get();
        } catch (VocabularyException unsound) {
            String fault = String.valueOf(unsound.getMessage());
            throw ModelFileException.in(file, "the tokenizer is not sound: " + fault)
                    .cause(unsound)
                    .advice(HyperParameters.OTHER_FILE);
        }
    }
}
