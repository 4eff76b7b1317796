package dev.tramontane.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads one message in the wire format of protocol buffers (protobuf.dev, "Encoding"), field by field, within its bounds.
 * Groups, which the format has given up, are refused.
 */
final class ProtobufReader {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED32 = 5;
    private static final int LONGEST_VARINT = 10;

    private final byte[] bytes;
    private final int end;
    private final String message;
    private int at;
    private int tagAt;
    private int field;
    private int wireType;

    /** @param message what the bytes hold, as error messages name it inside a sentence */
    ProtobufReader(byte[] bytes, String message) {
        this(bytes, 0, bytes.length, message);
    }

    private ProtobufReader(byte[] bytes, int from, int to, String message) {
        this.bytes = bytes;
        this.at = from;
        this.end = to;
        this.message = message;
    }

    /** Goes to the next field, whose value is then to be read or skipped; false at the end of the message. */
    boolean next() {
        if (at == end) {
            return false;
        }
        tagAt = at;
        long tag = rawVarint();
        long number = tag >>> 3;
        if (number < 1 || number >= 1 << 29) {
            throw new VocabularyException(sentence(" has a field of number " + number + " at byte " + tagAt
                    + ", which protocol buffers don't allow: the file is damaged or something else."));
        }
        field = (int) number;
        wireType = (int) tag & 7;
        return true;
    }

    int field() {
        return field;
    }

    /** A value of the types int32, int64, uint32, uint64, bool and enum. */
    long varint() {
        expect(VARINT);
        return rawVarint();
    }

    float float32() {
        expect(FIXED32);
        int from = take(Float.BYTES);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getFloat(from);
    }

    /** A nested message. */
    ProtobufReader message(String name) {
        expect(LENGTH_DELIMITED);
        int length = length();
        int from = take(length);
        return new ProtobufReader(bytes, from, from + length, name);
    }

    /** The length of a value of the types bytes and string, which is passed over. */
    int bytesLength() {
        expect(LENGTH_DELIMITED);
        int length = length();
        take(length);
        return length;
    }

    String string() {
        expect(LENGTH_DELIMITED);
        int length = length();
        int from = take(length);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, from, length))
                    .toString();
        } catch (CharacterCodingException malformed) {
            throw new VocabularyException(sentence(" has text at byte " + from + " that is not UTF-8."));
        }
    }

    /** Passes over the value of a field that is not needed. */
    void skip() {
        switch (wireType) {
            case VARINT -> rawVarint();
            case FIXED64 -> take(Long.BYTES);
            case LENGTH_DELIMITED -> take(length());
            case FIXED32 -> take(Integer.BYTES);
            default ->
                throw new VocabularyException(sentence(" has a field of wire type " + wireType + " at byte " + tagAt
                        + "; 0, 1, 2 and 5 are possible: the file is damaged or something else."));
        }
    }

    private void expect(int wanted) {
        if (wireType != wanted) {
            throw new VocabularyException("Field " + field + " of " + message + " at byte " + tagAt + " has wire type "
                    + wireType + " where it must have " + wanted + ".");
        }
    }

    private int length() {
        int lengthAt = at;
        long length = rawVarint();
        if (length < 0 || length > end - at) {
            throw new VocabularyException("Field " + field + " of " + message + " at byte " + lengthAt + " has "
                    + Long.toUnsignedString(length) + " bytes, but only " + (end - at) + " are left.");
        }
        return (int) length;
    }

    /** Where the next so many bytes start; they are passed over. */
    private int take(int count) {
        if (count > end - at) {
            throw ended();
        }
        int from = at;
        at += count;
        return from;
    }

    private long rawVarint() {
        int from = at;
        long value = 0;
        for (int i = 0; i < LONGEST_VARINT; i++) {
            if (at == end) {
                throw ended();
            }
            byte b = bytes[at++];
            value |= (long) (b & 0x7F) << (7 * i);
            if (b >= 0) {
                return value;
            }
        }
        throw new VocabularyException(
                sentence(" has a number of more than " + LONGEST_VARINT + " bytes at byte " + from + "."));
    }

    private VocabularyException ended() {
        return new VocabularyException(sentence(" ends at byte " + end + " in the middle of a value."));
    }

    private String sentence(String predicate) {
        return Character.toUpperCase(message.charAt(0)) + message.substring(1) + predicate;
    }
}
