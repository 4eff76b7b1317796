package dev.tramontane.tokenizer;

/** SentencePiece model files for tests, from vocabularies. */
final class SentencePieceModels {
    static final int BPE = 2;

    private SentencePieceModels() {}

    /** The vocabulary as a model file with these rules for spaces. */
    static byte[] file(Vocabulary vocabulary, boolean prefix, boolean collapse, boolean escape) {
        return pieces(vocabulary, escape)
                .message(2, trainer(BPE))
                .message(3, normalizer(prefix, collapse, escape))
                .done();
    }

    static ProtobufWriter pieces(Vocabulary vocabulary, boolean escape) {
        ProtobufWriter model = new ProtobufWriter();
        for (int id = 0; id < vocabulary.pieces().size(); id++) {
            String piece = vocabulary.pieces().get(id);
            model.message(
                    1,
                    new ProtobufWriter()
                            .string(1, escape ? piece : piece.replace('\u2581', ' '))
                            .float32(2, vocabulary.scores()[id])
                            .varint(3, vocabulary.types()[id]));
        }
        return model;
    }

    static ProtobufWriter trainer(int modelType) {
        return new ProtobufWriter().varint(3, modelType).varint(35, 1);
    }

    static ProtobufWriter normalizer(boolean prefix, boolean collapse, boolean escape) {
        return new ProtobufWriter()
                .string(1, "identity")
                .varint(3, prefix ? 1 : 0)
                .varint(4, collapse ? 1 : 0)
                .varint(5, escape ? 1 : 0);
    }
}
