package io.github.jaubert.cli.predict;

import io.github.jaubert.train.data.DataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The lines of a stream of UTF-8, with or without a byte order mark. LF, CR or CR LF end a line,
 * and nothing else does: form feeds and U+2028 are part of it.
 */
public final class TextLines {
  private final String source;
  private final InputStream in;
  private final byte[] buffer = new byte[1 << 16];
  private int from;
  private int to;
  private long before; // bytes of the stream before those in the buffer
  private long number;
  private boolean afterCr; // a LF that follows ends no line of its own

  /**
   * Reads from a stream, which stays open.
   *
   * @param source how errors call it
   */
  public TextLines(InputStream in, String source) {
    this.in = in;
    this.source = source;
  }

  /** The number of the last line that was read, counted from 1. */
  long number() {
    return number;
  }

  /**
   * The next line without its end, or null if there is none.
   *
   * @throws DataException if it is not UTF-8, naming the line and the offset of the byte in the
   *     stream
   * @throws IOException if the stream cannot be read
   */
  public String next() throws IOException {
    if (!fill()) {
      return null;
    }
    skipLineFeed();
    long start = before + from;
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    boolean ended = false;
    while (!ended && fill()) {
      int end = end(from);
      line.write(buffer, from, end - from);
      ended = end < to;
      afterCr = ended && buffer[end] == '\r';
      from = ended ? end + 1 : end;
    }
    if (!ended && line.size() == 0) {
      return null; // nothing followed the end of the last line
    }
    number++;
    String text = decoded(line.toByteArray(), start);
    boolean marked = number == 1 && text.startsWith("\uFEFF");
    return marked ? !ended && text.length() == 1 ? null : text.substring(1) : text;
  }

  /**
   * Whether there is more to be had without waiting: a line that ends in the buffer, or some bytes
   * of the stream, which may be less than a line.
   */
  boolean ready() throws IOException {
    skipLineFeed();
    return end(from) < to || in.available() > 0;
  }

  private void skipLineFeed() {
    if (afterCr && from < to) {
      from += buffer[from] == '\n' ? 1 : 0;
      afterCr = false;
    }
  }

  /** Where the next line end stands in the buffer, or where the buffer ends. */
  private int end(int start) {
    int end = start;
    while (end < to && buffer[end] != '\n' && buffer[end] != '\r') {
      end++;
    }
    return end;
  }

  /** Whether there is at least a byte in the buffer. */
  private boolean fill() throws IOException {
    if (from == to) {
      before += to;
      from = 0;
      to = Math.max(0, in.read(buffer));
    }
    return from < to;
  }

  private String decoded(byte[] line, long start) {
    ByteBuffer bytes = ByteBuffer.wrap(line);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new DataException(
          source,
          number,
          "byte 0x%02X at offset %d is not UTF-8; convert it, for example with iconv -t UTF-8"
              .formatted(line[bytes.position()] & 0xFF, start + bytes.position()));
    }
  }
}
