package io.github.jaubert.train.files;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.train.data.DataException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;

/**
 * Files that are packed with gzip or zstd. That they are is told by their first bytes, whatever
 * their name; the format of what is in them by the name without its last end.
 */
public final class Packed {
  private static final int BUFFER = 1 << 16;

  private Packed() {}

  /**
   * What a file holds, unpacked if it is packed.
   *
   * @param file at its beginning; it supports {@code mark}
   */
  public static InputStream unpack(InputStream file) throws IOException {
    file.mark(4);
    byte[] head = file.readNBytes(4);
    file.reset();
    if (head.length >= 2 && head[0] == 0x1F && head[1] == (byte) 0x8B) {
      return new GZIPInputStream(file, BUFFER);
    }
    boolean zstd =
        head.length == 4
            && head[0] == 0x28
            && head[1] == (byte) 0xB5
            && head[2] == 0x2F
            && head[3] == (byte) 0xFD;
    return zstd ? new ZstdInputStream(file) : file;
  }

  /** A stream that packs what is written to it as the name of its file says, if it does. */
  public static OutputStream pack(OutputStream out, Path file) throws IOException {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (name.endsWith(".gz")) {
      return new GZIPOutputStream(out, BUFFER);
    }
    return name.endsWith(".zst") ? new ZstdOutputStream(out) : out;
  }

  /** The name of a file in small letters, without {@code .gz} or {@code .zst}. */
  public static String nameOf(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    for (String end : new String[] {".gz", ".zst"}) {
      if (name.endsWith(end)) {
        return name.substring(0, name.length() - end.length());
      }
    }
    return name;
  }

  /** Why a file could not be read. */
  public static DataException unreadable(String source, IOException e) {
    String reason = CheckpointException.describe(e);
    boolean damaged =
        e instanceof EOFException || e instanceof ZipException || e instanceof ZstdIOException;
    return new DataException(
        source,
        damaged
            ? "what is packed in it is damaged or cut short: " + reason
            : "cannot be read: " + reason,
        e);
  }
}
