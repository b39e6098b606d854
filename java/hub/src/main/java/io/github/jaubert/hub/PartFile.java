package io.github.jaubert.hub;

import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file on its way: what has come of it, to which the next try adds. It takes no byte more than it
 * shall have.
 */
final class PartFile implements Sink, AutoCloseable {
  private static final Pattern RANGE =
      Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18}|\\*)");
  private static final int HTTP_PARTIAL = 206;

  private final Path file;
  private final FileChannel channel;
  private final long due;
  private final Runnable moved;
  private long size;
  private boolean resumed;
  private boolean closed;

  private PartFile(Path file, FileChannel channel, long due, Runnable moved) throws IOException {
    this.file = file;
    this.channel = channel;
    this.due = due;
    this.moved = moved;
    size = channel.size();
    resumed = size > 0;
    if (size > due) {
      restart();
    }
  }

  /**
   * Opens what there is of it, or begins.
   *
   * @param due how long it shall become
   * @param moved is told when bytes have come
   */
  static PartFile open(Path file, long due, Runnable moved) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      return new PartFile(file, channel, due, moved);
    } catch (IOException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  /** How long it shall become. */
  long due() {
    return due;
  }

  /** How much has come. */
  synchronized long size() {
    return size;
  }

  synchronized boolean isWhole() {
    return size == due;
  }

  /** Whether it is put together of several tries. */
  synchronized boolean isResumed() {
    return resumed;
  }

  /** Forgets what has come. */
  synchronized void restart() throws IOException {
    channel.truncate(0);
    size = 0;
    resumed = false;
  }

  @Override
  public synchronized void begin(int status, HttpHeaders headers) throws IOException {
    if (status != HTTP_PARTIAL) {
      write(this::restart); // the server sends all of it, whatever was asked for
      return;
    }
    Matcher range = RANGE.matcher(headers.firstValue("Content-Range").orElse(""));
    if (!range.matches() || Long.parseLong(range.group(1)) != size) {
      throw new HubException(
          HubFault.PROTOCOL,
          "bytes from %d on were asked for, and '%s' came"
              .formatted(size, HubErrors.plain(headers.firstValue("Content-Range").orElse(""))));
    }
    resumed = true;
  }

  @Override
  public synchronized void take(ByteBuffer bytes) {
    if (closed) {
      return; // by a thread that has given up
    }
    if (size + bytes.remaining() > due) {
      throw new HubException(
          HubFault.DAMAGED,
          "more comes than the %d bytes that were announced; nothing of it was kept"
              .formatted(due));
    }
    write(
        () -> {
          while (bytes.hasRemaining()) {
            size += channel.write(bytes, size);
          }
        });
    moved.run();
  }

  private interface Writing {
    void run() throws IOException;
  }

  /** What goes wrong here is the disk's fault, not that of the line, and is not tried again. */
  private void write(Writing writing) {
    try {
      writing.run();
    } catch (IOException e) {
      throw Disk.unwritable(file, e);
    }
  }

  /** The SHA-256 of all of it, in hexadecimal digits. */
  synchronized String sha256() throws IOException {
    return digest("SHA-256", null);
  }

  /** The name that Git has for it. */
  synchronized String gitBlob() throws IOException {
    return digest("SHA-1", "blob " + size + "\0");
  }

  private String digest(String algorithm, String before) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has both
    }
    if (before != null) {
      digest.update(before.getBytes(StandardCharsets.US_ASCII));
    }
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    for (long at = 0; at < size; at += buffer.limit()) {
      buffer.clear();
      if (channel.read(buffer, at) < 0) {
        throw new IOException("the file has become shorter");
      }
      digest.update(buffer.flip());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Sees to it that a crash of the machine leaves all of it, or nothing. */
  synchronized void sync() throws IOException {
    channel.force(true);
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    channel.close();
  }
}
