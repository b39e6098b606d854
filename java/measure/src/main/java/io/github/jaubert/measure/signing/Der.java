package io.github.jaubert.measure.signing;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.util.Arrays;

/** As much of DER (X.690) as keys and signatures on elliptic curves need. */
final class Der {
  static final int INTEGER = 0x02;
  static final int OCTETS = 0x04;
  static final int NULL = 0x05;
  static final int OID = 0x06;
  static final int SEQUENCE = 0x30;
  static final int PARAMETERS = 0xA0; // [0] of an ECPrivateKey, RFC 5915

  private final byte[] bytes;
  private int at;

  Der(byte[] bytes) {
    this.bytes = bytes;
  }

  boolean atEnd() {
    return at == bytes.length;
  }

  /**
   * The content of the next element.
   *
   * @throws IllegalArgumentException if it has another tag, or is cut off
   */
  byte[] next(int tag) {
    if (at + 2 > bytes.length || (bytes[at] & 0xFF) != tag) {
      throw new IllegalArgumentException("no element with tag %#x at byte %d".formatted(tag, at));
    }
    int length = bytes[at + 1] & 0xFF;
    at += 2;
    if (length >= 0x80) {
      int count = length - 0x80;
      if (count < 1 || count > 3 || count > bytes.length - at) {
        throw new IllegalArgumentException("a length that is none at byte " + at);
      }
      length = 0;
      for (int i = 0; i < count; i++) {
        length = length << 8 | bytes[at++] & 0xFF;
      }
    }
    if (length > bytes.length - at) {
      throw new IllegalArgumentException("the end is missing");
    }
    at += length;
    return Arrays.copyOfRange(bytes, at - length, at);
  }

  BigInteger nextInteger() {
    byte[] content = next(INTEGER);
    if (content.length == 0) {
      throw new IllegalArgumentException("a number without digits");
    }
    return new BigInteger(content);
  }

  static byte[] element(int tag, byte[]... contents) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    Arrays.stream(contents).forEach(content::writeBytes);
    int length = content.size();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else if (length < 0x100) {
      out.writeBytes(new byte[] {(byte) 0x81, (byte) length});
    } else {
      out.writeBytes(new byte[] {(byte) 0x82, (byte) (length >> 8), (byte) length});
    }
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }
}
