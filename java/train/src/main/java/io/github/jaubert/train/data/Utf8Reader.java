package io.github.jaubert.train.data;

import io.github.jaubert.train.files.Packed;
import java.io.BufferedInputStream;
import java.io.FileInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The text of a file, as {@link Utf8} reads it, piece by piece: unpacked, without a byte order
 * mark, and strictly UTF-8. What is wrong with the file is a {@link DataException}.
 */
final class Utf8Reader extends Reader {
  private static final int BUFFER = 1 << 16;

  private final Path file;
  private final InputStream in;
  private final Counted packed;
  private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER).flip();
  private final CharBuffer chars = CharBuffer.allocate(BUFFER).flip();
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);
  private long before; // bytes before those in the buffer
  private long line = 1; // of the first byte in the buffer
  private boolean ended;

  /** Counts what is read of a file. */
  private static final class Counted extends FilterInputStream {
    private volatile long count;

    Counted(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int one = super.read();
      count += one < 0 ? 0 : 1;
      return one;
    }

    @Override
    public int read(byte[] into, int at, int most) throws IOException {
      int read = super.read(into, at, most);
      count += Math.max(0, read);
      return read;
    }
  }

  /**
   * Opens a file.
   *
   * @throws DataException if it cannot be read, or is empty
   */
  Utf8Reader(Path file) {
    this.file = file;
    if (Files.isDirectory(file)) {
      throw new DataException(file.toString(), "is a folder, not a file");
    }
    if (Files.notExists(file)) {
      throw new DataException(file.toString(), "no such file");
    }
    try {
      packed = new Counted(new FileInputStream(file.toFile())); // a channel cannot read a pipe so
      in = Packed.unpack(new BufferedInputStream(packed, BUFFER));
    } catch (IOException e) {
      throw Packed.unreadable(file.toString(), e);
    }
    if (fill() && chars.get(chars.position()) == Utf8.BOM) {
      chars.get();
    }
    if (!fill()) {
      close();
      throw new DataException(file.toString(), "the file is empty");
    }
  }

  /** How many bytes of the file were read, packed as they are. */
  long bytesRead() {
    return packed.count;
  }

  @Override
  public int read(char[] into, int at, int most) {
    if (!fill()) {
      return -1;
    }
    int count = Math.min(most, chars.remaining());
    chars.get(into, at, count);
    return count;
  }

  /** Whether there is a character. */
  private boolean fill() {
    while (!chars.hasRemaining() && !ended) {
      chars.clear();
      CoderResult result = decoder.decode(bytes, chars, false);
      if (result.isUnderflow() && chars.position() == 0) {
        refill();
        result = decoder.decode(bytes, chars, ended);
      }
      if (result.isError()) {
        throw malformed();
      }
      chars.flip();
    }
    return chars.hasRemaining();
  }

  /** Reads more bytes behind those that are a part of a character. */
  private void refill() {
    count(bytes.position());
    bytes.compact();
    try {
      int read = in.read(bytes.array(), bytes.position(), bytes.remaining());
      ended = read < 0;
      bytes.position(bytes.position() + Math.max(0, read)).flip();
    } catch (IOException e) {
      throw Packed.unreadable(file.toString(), e);
    }
  }

  private void count(int done) {
    for (int i = 0; i < done; i++) {
      line += bytes.array()[i] == '\n' ? 1 : 0;
    }
    before += done;
  }

  private DataException malformed() {
    int at = bytes.position();
    byte bad = bytes.get(at);
    count(at);
    return Utf8.malformed(file, line, bad, before);
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw Packed.unreadable(file.toString(), e);
    }
  }
}
