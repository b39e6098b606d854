package io.github.jaubert.train.data;

import io.github.jaubert.train.files.Packed;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads a file, which may be packed with gzip or zstd, as UTF-8, and as nothing else: a byte that
 * is not UTF-8 is an error, never a replacement character.
 */
final class Utf8 {
  static final char BOM = '\uFEFF';

  private Utf8() {}

  /**
   * The text of a file without its byte order mark.
   *
   * @throws DataException if the file cannot be read, is empty, or is not UTF-8 (naming the offset
   *     of the first bad byte)
   */
  static String read(Path file) {
    byte[] bytes = bytes(file);
    CharBuffer chars = CharBuffer.allocate(bytes.length);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    CoderResult result = decoder.decode(in, chars, true);
    if (result.isError()) {
      int offset = in.position();
      throw malformed(file, lineOf(bytes, offset), bytes[offset], offset);
    }
    chars.flip();
    if (chars.hasRemaining() && chars.get(0) == BOM) {
      chars.get();
    }
    if (!chars.hasRemaining()) {
      throw new DataException(file.toString(), "the file is empty");
    }
    return chars.toString();
  }

  /** What is said of a byte that is not UTF-8. */
  static DataException malformed(Path file, long line, byte bad, long offset) {
    return new DataException(
        file.toString(),
        line,
        "byte 0x%02X at offset %d is not UTF-8; convert the file, for example with iconv -t UTF-8"
            .formatted(bad & 0xFF, offset));
  }

  private static byte[] bytes(Path file) {
    if (Files.isDirectory(file)) {
      throw new DataException(file.toString(), "is a folder, not a file");
    }
    try {
      return Packed.unpack(new ByteArrayInputStream(Files.readAllBytes(file))).readAllBytes();
    } catch (NoSuchFileException e) {
      throw new DataException(file.toString(), "no such file", e);
    } catch (IOException e) {
      throw Packed.unreadable(file.toString(), e);
    }
  }

  private static long lineOf(byte[] bytes, int offset) {
    long line = 1;
    for (int i = 0; i < offset; i++) {
      if (bytes[i] == '\n') {
        line++;
      }
    }
    return line;
  }
}
