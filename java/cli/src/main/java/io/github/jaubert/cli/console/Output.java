package io.github.jaubert.cli.console;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A writer that remembers why it could not be written to, which a {@link PrintWriter} keeps to
 * itself.
 */
public final class Output extends PrintWriter {
  private final Remembering stream;

  public Output(OutputStream out, Charset charset) {
    this(new Remembering(out), charset);
  }

  private Output(Remembering stream, Charset charset) {
    super(new OutputStreamWriter(stream, charset), true);
    this.stream = stream;
  }

  /** Standard output, in UTF-8 as all that the command reads, whatever the locale says. */
  public static Output standard() {
    return new Output(new FileOutputStream(FileDescriptor.out), StandardCharsets.UTF_8);
  }

  /** Whether whoever read has gone, as {@code head} does when it has its lines. */
  public boolean abandoned() {
    String reason = reason();
    return reason != null && reason.toLowerCase(Locale.ROOT).contains("pipe");
  }

  /** Why nothing could be written, in the words of the system; null if everything could. */
  public String reason() {
    return stream.failure == null ? null : String.valueOf(stream.failure.getMessage());
  }

  private static final class Remembering extends FilterOutputStream {
    private IOException failure;

    Remembering(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      if (failure != null) {
        throw new IOException(failure); // a part that came after a gap would mislead
      }
      try {
        out.write(bytes, from, count);
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }

    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }
  }
}
