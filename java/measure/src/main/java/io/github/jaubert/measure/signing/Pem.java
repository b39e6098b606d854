package io.github.jaubert.measure.signing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A block of a PEM file (RFC 7468).
 *
 * @param label what stands behind BEGIN
 * @param text what stands between the lines with BEGIN and END
 */
record Pem(String label, String text) {
  private static final int LARGEST = 1 << 20;
  private static final String BEGIN = "-----BEGIN ";
  private static final String DASHES = "-----";

  /**
   * The blocks of a file.
   *
   * @throws SigningException if it cannot be read, or has none
   */
  static List<Pem> read(Path file) {
    byte[] bytes;
    if (Files.isDirectory(file)) {
      throw new SigningException(file.toString(), "is a folder, not a file with a key");
    }
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(LARGEST + 1);
    } catch (IOException e) {
      throw SigningException.unreadable(file, e);
    }
    List<Pem> blocks =
        bytes.length > LARGEST ? List.of() : blocks(new String(bytes, StandardCharsets.ISO_8859_1));
    if (blocks.isEmpty()) {
      throw new SigningException(
          file.toString(),
          bytes.length == 0 ? "is empty" : "holds no key in PEM, -----BEGIN … KEY-----");
    }
    return blocks;
  }

  private static List<Pem> blocks(String text) {
    List<Pem> blocks = new ArrayList<>();
    for (int begin = text.indexOf(BEGIN); begin >= 0; begin = text.indexOf(BEGIN, begin + 1)) {
      int labelEnd = text.indexOf(DASHES, begin + BEGIN.length());
      if (labelEnd < 0) {
        break;
      }
      String label = text.substring(begin + BEGIN.length(), labelEnd);
      int from = labelEnd + DASHES.length();
      int end = text.indexOf("-----END " + label + DASHES, from);
      if (end >= 0 && label.matches("[A-Z0-9 ]{1,40}")) {
        blocks.add(new Pem(label, text.substring(from, end)));
      }
    }
    return blocks;
  }

  /**
   * What it holds.
   *
   * @throws SigningException if that is not base64
   */
  byte[] bytes(Path file) {
    try {
      return Base64.getDecoder().decode(text.replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      throw new SigningException(
          file.toString(), "its " + label + " is damaged: " + e.getMessage(), e);
    }
  }

  /** A block as text, in lines of 64 characters. */
  static String format(String label, byte[] bytes) {
    Base64.Encoder encoder = Base64.getMimeEncoder(64, new byte[] {'\n'});
    return BEGIN
        + label
        + DASHES
        + "\n"
        + encoder.encodeToString(bytes)
        + "\n-----END "
        + label
        + DASHES
        + "\n";
  }
}
