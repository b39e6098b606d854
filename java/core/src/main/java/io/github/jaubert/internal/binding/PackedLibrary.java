package io.github.jaubert.internal.binding;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * A native library in a jar, with the size and the CRC-32 that a file with its bytes has. The
 * directory of the jar says them, so that they cost nothing.
 */
record PackedLibrary(URL url, String name, long size, long crc) {
  private static final int BUFFER = 1 << 16;

  static PackedLibrary of(URL url) throws IOException {
    String name = url.getPath().substring(url.getPath().lastIndexOf('/') + 1);
    if (connect(url) instanceof JarURLConnection connection) {
      try (JarFile jar = connection.getJarFile()) {
        JarEntry entry = connection.getJarEntry();
        if (entry.getSize() >= 0 && entry.getCrc() >= 0) {
          return new PackedLibrary(url, name, entry.getSize(), entry.getCrc());
        }
      }
    }
    try (Sum sum = new Sum(connect(url).getInputStream())) {
      sum.transferTo(OutputStream.nullOutputStream());
      return new PackedLibrary(url, name, sum.size, sum.crc());
    }
  }

  /** A connection that does not keep the jar open behind the class loader that is closed. */
  private static URLConnection connect(URL url) throws IOException {
    URLConnection connection = url.openConnection();
    connection.setUseCaches(false);
    return connection;
  }

  /** Whether a file has the bytes of this library. */
  boolean isIn(Path file) throws IOException {
    if (Files.size(file) != size) {
      return false;
    }
    try (Sum sum = new Sum(Files.newInputStream(file))) {
      sum.transferTo(OutputStream.nullOutputStream());
      return sum.size == size && sum.crc() == crc;
    }
  }

  /**
   * Unpacks the library.
   *
   * @throws IOException also if the jar is damaged
   */
  void unpack(Path file) throws IOException {
    try (Sum sum = new Sum(connect(url).getInputStream());
        OutputStream out = Files.newOutputStream(file)) {
      sum.transferTo(out);
      if (sum.size != size || sum.crc() != crc) {
        throw new IOException(url + " is damaged: its checksum is not what its jar says");
      }
    }
  }

  /** Counts and sums what is read. */
  private static final class Sum extends FilterInputStream {
    private long size;

    Sum(InputStream in) {
      super(new CheckedInputStream(in, new CRC32()));
    }

    long crc() {
      return ((CheckedInputStream) in).getChecksum().getValue();
    }

    @Override
    public long transferTo(OutputStream out) throws IOException {
      byte[] buffer = new byte[BUFFER];
      for (int n; (n = in.read(buffer)) >= 0; size += n) {
        out.write(buffer, 0, n);
      }
      return size;
    }
  }
}
