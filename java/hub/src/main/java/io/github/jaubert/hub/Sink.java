package io.github.jaubert.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Takes the body of an answer with status 200 or 206. */
interface Sink {
  /** A body begins. */
  void begin(int status, HttpHeaders headers) throws IOException;

  /** The next bytes of it. */
  void take(ByteBuffer bytes) throws IOException;

  /** A short body, of which no more is kept than it may have. */
  final class Bytes implements Sink {
    private final int longest;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Bytes(int longest) {
      this.longest = longest;
    }

    @Override
    public synchronized void begin(int status, HttpHeaders headers) {
      bytes.reset();
    }

    @Override
    public synchronized void take(ByteBuffer more) {
      if (bytes.size() + more.remaining() > longest) {
        throw new HubException(
            HubFault.PROTOCOL, "the answer is longer than " + longest + " bytes");
      }
      byte[] array = new byte[more.remaining()];
      more.get(array);
      bytes.writeBytes(array);
    }

    synchronized byte[] toByteArray() {
      return bytes.toByteArray();
    }
  }

  /** What a server says of a failure: the beginning, as some send whole pages. */
  final class Beginning implements Sink {
    private static final int KEPT = 16 * 1024;
    private static final long LONGEST = 1 << 20;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private long received;

    @Override
    public void begin(int status, HttpHeaders headers) {}

    @Override
    public synchronized void take(ByteBuffer more) throws IOException {
      received += more.remaining();
      if (received > LONGEST) {
        throw new IOException("the server's complaint does not end");
      }
      byte[] array = new byte[Math.min(more.remaining(), KEPT - bytes.size())];
      more.get(array);
      bytes.writeBytes(array);
    }

    synchronized String text() {
      return bytes.toString(StandardCharsets.UTF_8);
    }
  }
}
