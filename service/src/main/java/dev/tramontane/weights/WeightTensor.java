package dev.tramontane.weights;

import java.lang.foreign.MemorySegment;

/** A tensor of a weight file, whatever the format. */
public sealed interface WeightTensor permits GgufTensor, SafetensorsTensor {

    /** As in the file. */
    String name();

    /** Elements: the product of its dimensions. */
    long elements();

    /** Bytes of the data. */
    long bytes();

    /** The file that holds it, for messages. */
    String file();

    /** Where the data lies in the file, in bytes. */
    long offset();

    /** The data, read-only: exactly the bytes that type and dimensions need. */
    MemorySegment data();
}
