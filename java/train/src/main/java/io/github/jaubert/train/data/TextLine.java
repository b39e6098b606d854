package io.github.jaubert.train.data;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;

/** The lines of a text one after another. LF and CR LF end one, and CR if that is asked for. */
final class TextLine {
  private final Reader text;
  private final boolean endsWithCr;
  private final char[] buffer = new char[1 << 14];
  private int from;
  private int to;
  private long number;
  private boolean afterCr; // a LF that follows ends no line of its own

  TextLine(Reader text, boolean endsWithCr) {
    this.text = text;
    this.endsWithCr = endsWithCr;
  }

  /** The number of the last line, counted from 1. */
  long number() {
    return number;
  }

  /** The next line without its end; null if there is none. */
  String next() {
    if (fill() && afterCr && buffer[from] == '\n') {
      from++;
    }
    afterCr = false;
    if (!fill()) {
      return null;
    }
    StringBuilder line = null; // null: all is in the buffer
    while (fill()) {
      int end = from;
      while (end < to && buffer[end] != '\n' && !(endsWithCr && buffer[end] == '\r')) {
        end++;
      }
      if (end < to && line == null) {
        return ended(new String(buffer, from, end - from), end);
      }
      line = line == null ? new StringBuilder() : line;
      line.append(buffer, from, end - from);
      if (end < to) {
        return ended(line.toString(), end);
      }
      from = end;
    }
    number++;
    return withoutCr(line.toString());
  }

  private String ended(String line, int end) {
    number++;
    afterCr = buffer[end] == '\r';
    from = end + 1;
    return withoutCr(line);
  }

  private String withoutCr(String line) {
    return !endsWithCr && line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
  }

  private boolean fill() {
    if (from == to) {
      try {
        from = 0;
        to = Math.max(0, text.read(buffer));
      } catch (IOException e) {
        throw new UncheckedIOException(e.getMessage(), e);
      }
    }
    return from < to;
  }
}
