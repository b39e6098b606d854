package io.github.jaubert.train.corpus;

import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.files.Packed;
import java.io.BufferedInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * The lines of a file of text, plain or packed with gzip or zstd, one at a time. CR, LF and CRLF
 * end a line. What is not UTF-8, or no text, is refused with the file, the line and the offset,
 * which counts the bytes that are packed in a packed one.
 */
final class TextLines implements AutoCloseable {
  /** In bytes. A book has a few million; a longer line is no text, or needs line ends. */
  static final int LONGEST_LINE = 1 << 24;

  private static final int BUFFER = 1 << 16;
  private static final char REPLACEMENT = '\uFFFD';
  private static final String BOM = "\uFEFF";

  /** How files begin that people have, but that hold no lines of text. */
  private static final Map<String, String> OTHERS =
      Map.of(
          "PAR1",
              "a Parquet file, whose column of texts must be named; its name must end in .parquet",
          "PK\3\4", "a zip archive; unpack it",
          "\u00fd7zXZ", "packed with xz; unpack it, or pack it with gzip",
          "BZh91AY&SY", "packed with bzip2; unpack it, or pack it with gzip");

  private final String source;
  private final FileInputStream file;
  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER];
  private int at;
  private int filled;
  private long offset; // of the buffer's end
  private boolean afterReturn;
  private byte[] line = new byte[1024];
  private int length;
  private long number;

  /**
   * @throws DataException if it cannot be opened
   */
  TextLines(Path path) {
    source = path.toString();
    try {
      // Not Files.newInputStream: an interrupt of the thread would close that.
      file = new FileInputStream(path.toFile());
    } catch (IOException e) {
      throw Packed.unreadable(source, e);
    }
    try {
      BufferedInputStream raw = new BufferedInputStream(file, BUFFER);
      raw.mark(16);
      byte[] head = raw.readNBytes(16);
      raw.reset();
      refuseOthers(head);
      in = Packed.unpack(raw);
    } catch (IOException e) {
      close();
      throw Packed.unreadable(source, e);
    } catch (DataException e) {
      close();
      throw e;
    }
  }

  private void refuseOthers(byte[] head) {
    String start = new String(head, StandardCharsets.ISO_8859_1);
    OTHERS.forEach(
        (magic, reason) -> {
          if (start.startsWith(magic)) {
            throw new DataException(source, "this is " + reason);
          }
        });
  }

  /** The next line without its end, or null behind the last. */
  String next() {
    length = 0;
    boolean any = false;
    number++;
    while (true) {
      if (at == filled && !fill()) {
        return any ? text() : null;
      }
      if (afterReturn && buffer[at] == '\n') {
        at++;
        afterReturn = false;
        continue;
      }
      afterReturn = false;
      any = true;
      int end = at;
      while (end < filled && buffer[end] != '\n' && buffer[end] != '\r' && buffer[end] != 0) {
        end++;
      }
      add(end);
      if (end < filled) {
        if (buffer[end] == 0) {
          throw new DataException(
              source,
              number,
              "the byte at offset %d is 0: this is no text in UTF-8"
                  .formatted(offset - filled + end));
        }
        afterReturn = buffer[end] == '\r';
        at = end + 1;
        return text();
      }
    }
  }

  /** The number of the line that was read last, counted from 1. */
  long number() {
    return number;
  }

  /** How many bytes of the file were read. */
  long bytesRead() {
    try {
      return file.getChannel().position();
    } catch (IOException e) {
      return 0; // of no consequence: it is shown, no more
    }
  }

  private boolean fill() {
    try {
      filled = Math.max(0, in.read(buffer));
    } catch (IOException e) {
      throw Packed.unreadable(source, e);
    }
    at = 0;
    offset += filled;
    return filled > 0;
  }

  /** Adds the buffer up to {@code end} to the line. */
  private void add(int end) {
    int more = end - at;
    if (length + more > LONGEST_LINE) {
      throw new DataException(
          source,
          number,
          "the line is longer than %,d bytes: this is no text, or it needs line ends"
              .formatted(LONGEST_LINE));
    }
    if (length + more > line.length) {
      line = Arrays.copyOf(line, Math.max(2 * line.length, length + more));
    }
    System.arraycopy(buffer, at, line, length, more);
    length += more;
    at = end;
  }

  private String text() {
    String text = new String(line, 0, length, StandardCharsets.UTF_8);
    if (text.indexOf(REPLACEMENT) >= 0) {
      check();
    }
    return number == 1 && text.startsWith(BOM) ? text.substring(1) : text;
  }

  /** The line has that character, or bytes that the decoder replaced by it. */
  private void check() {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer bytes = ByteBuffer.wrap(line, 0, length);
    CoderResult result = decoder.decode(bytes, CharBuffer.allocate(length), true);
    if (result.isError()) {
      int bad = bytes.position();
      boolean ended = at > 0 && (buffer[at - 1] == '\n' || buffer[at - 1] == '\r');
      long start = offset - filled + at - length - (ended ? 1 : 0);
      throw new DataException(
          source,
          number,
          "byte 0x%02X at offset %d is not UTF-8; convert the file, for example with iconv -t UTF-8"
              .formatted(line[bad] & 0xFF, start + bad));
    }
  }

  /** Closes the file. */
  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      // Nothing was written to it.
    }
  }
}
