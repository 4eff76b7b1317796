package dev.tramontane.source;

import dev.tramontane.model.ModelGeometry;

/**
 * Sizes of a decoder's layers, checked against each other and against the limits of {@code tm_model_config} in
 * tramontane.h. Fields as in {@link ModelGeometry.Shape}.
 */
record TransformerShape(int layers, int width, int heads, int kvHeads, int headDim, int ffn) {
    static final int MAX_LAYERS = 1024;
    static final int MAX_WIDTH = 262_144;
    static final int MAX_HEAD_DIM = 512;
    static final int MAX_CONTEXT = 1 << 30;

    /** Rows of an embedding. */
    static final int MAX_VOCABULARY = 1 << 22;

    /** What a file format calls the sizes. */
    record Keys(String layers, String width, String heads, String kvHeads, String headDim, String ffn) {}

    /** Reads and checks the sizes. Key/value heads default to the query heads, a head's size to its share of the width. */
    static TransformerShape of(HyperParameters says, Keys keys) {
        int layers = says.count(keys.layers(), 1, MAX_LAYERS);
        int width = multipleOfEight(says, keys.width(), says.count(keys.width(), 8, MAX_WIDTH));
        int heads = says.countOfLayers(keys.heads(), 1, MAX_WIDTH, layers);
        int kvHeads = says.has(keys.kvHeads()) ? says.countOfLayers(keys.kvHeads(), 1, MAX_WIDTH, layers) : heads;
        if (heads % kvHeads != 0) {
            throw says.fault(keys.kvHeads(), "the value " + kvHeads, "a divisor of the " + heads + " query heads");
        }
        int headDim = headDim(says, keys, width, heads);
        int ffn = multipleOfEight(says, keys.ffn(), says.countOfLayers(keys.ffn(), 8, MAX_WIDTH, layers));
        return new TransformerShape(layers, width, heads, kvHeads, headDim, ffn);
    }

    /** The same with the rows of the embedding. */
    ModelGeometry.Shape with(int vocabulary) {
        return new ModelGeometry.Shape(layers, width, heads, kvHeads, headDim, ffn, vocabulary);
    }

    private static int headDim(HyperParameters says, Keys keys, int width, int heads) {
        boolean said = says.has(keys.headDim());
        if (!said && width % heads != 0) {
            throw says.fault(keys.heads(), "the value " + heads, "a divisor of the embedding length " + width);
        }
        int headDim = says.count(keys.headDim(), 2, MAX_HEAD_DIM, width / heads);
        if (headDim < 2 || headDim > MAX_HEAD_DIM || headDim % 2 != 0) {
            throw says.fault(
                    said ? keys.headDim() : keys.heads(),
                    "heads of " + headDim + " elements as a consequence",
                    "an even number up to " + MAX_HEAD_DIM);
        }
        if ((long) heads * headDim > MAX_WIDTH) {
            throw says.fault(
                    keys.heads(),
                    heads + " heads of " + headDim + " elements",
                    "at most " + MAX_WIDTH + " elements together");
        }
        return headDim;
    }

    private static int multipleOfEight(HyperParameters says, String key, int value) {
        if (value % 8 != 0) {
            throw says.fault(key, "the value " + value, "a multiple of 8");
        }
        return value;
    }
}
