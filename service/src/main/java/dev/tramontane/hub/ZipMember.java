package dev.tramontane.hub;

/**
 * What a zip file's table of contents says of a file in it.
 *
 * @param path from the top, with slashes
 * @param name as it stands there, by which the member's own header is known
 * @param deflated else its bytes are as they are
 * @param crc of its bytes, CRC-32
 * @param packed bytes in the zip file
 * @param bytes unpacked
 * @param header where its own header begins
 */
record ZipMember(String path, String name, boolean deflated, long crc, long packed, long bytes, long header) {}
